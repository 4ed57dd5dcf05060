"""Brings the database file to the newest schema, one process at a time."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from booking.adapters.store_connection import connect
from booking.adapters.store_errors import StoreUnusable

_MIGRATIONS = Path(__file__).with_name("migrations")


def prepare(path: Path, *, busy_timeout_s: float) -> None:
    """Make the file if there is none, and run the steps that it lacks.

    Processes that start together wait for each other, `busy_timeout_s` at most. Raises
    StoreUnusable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path, busy_timeout_s):
            _create(path)
            with closing(connect(path, busy_timeout_s=busy_timeout_s)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                _migrate(connection)
    except CommandError:
        raise StoreUnusable(
            path,
            "its schema is not one that this version knows",
            "start the version that made it, or a newer one",
        ) from None
    except (sqlite3.Error, DBAPIError, OSError) as error:
        raise StoreUnusable(path, *_diagnosis(error)) from error


@contextmanager
def _alone(path: Path, busy_timeout_s: float) -> Iterator[None]:
    # Two processes that turn the same new file to WAL do not wait for each other: one gets BUSY
    # at once. So they wait on a file beside it, which holds nothing and is never removed.
    lock = sqlite3.connect(f"{path}-start", timeout=busy_timeout_s, isolation_level=None)
    with closing(lock):
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")


def _create(path: Path) -> None:
    # Only when missing: closing a second descriptor of an open database would drop its locks.
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _migrate(driver: sqlite3.Connection) -> None:
    engine = create_engine("sqlite://", creator=lambda: driver, poolclass=StaticPool)
    with engine.connect() as opened:
        connection = opened.execution_options(isolation_level="AUTOCOMMIT")
        with _exclusive(connection):
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


@contextmanager
def _exclusive(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def _diagnosis(error: Exception) -> tuple[str, str]:
    cause = getattr(error, "orig", error)
    name = getattr(cause, "sqlite_errorname", None) or type(cause).__name__
    remedies = {
        "SQLITE_BUSY": "stop whatever holds it, then start again",
        "SQLITE_NOTADB": "name another file in the settings, or restore a backup",
        "SQLITE_READONLY": "make the file and its directory writable for this user",
        "PermissionError": "make the file and its directory writable for this user",
    }
    return f"opening it ended in {name}", remedies.get(name, "check the path and the disk")
