"""Bringing the file to the newest schema."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from booking.adapters.store_errors import StoreUnusable
from booking.adapters.store_migration import prepare


def test_a_new_file_is_private_and_in_wal_mode(tmp_path: Path) -> None:
    """Only the owner may read it, its directory is made, and it logs ahead."""
    path = tmp_path / "deep" / "x.db"
    prepare(path, busy_timeout_s=1)
    with closing(sqlite3.connect(path)) as connection:
        mode = connection.execute("PRAGMA journal_mode").fetchone()
    assert (stat.S_IMODE(path.stat().st_mode), mode) == (0o600, ("wal",))


def test_preparing_twice_changes_nothing(tmp_path: Path) -> None:
    """A file that is up to date stays as it is."""
    path = tmp_path / "x.db"
    prepare(path, busy_timeout_s=1)
    before = path.read_bytes()
    prepare(path, busy_timeout_s=1)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """The error names the file and what to do, and the file is left alone."""
    path = tmp_path / "x.db"
    path.write_bytes(b"something else" * 100)
    with pytest.raises(StoreUnusable, match="SQLITE_NOTADB; name another file in the settings"):
        prepare(path, busy_timeout_s=1)
    assert path.read_bytes() == b"something else" * 100


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A file that a newer version made is not touched."""
    path = tmp_path / "x.db"
    prepare(path, busy_timeout_s=1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnusable, match="start the version that made it, or a newer one"):
        prepare(path, busy_timeout_s=1)


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A path below a file is an error about the path."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable, match="check the path and the disk"):
        prepare(tmp_path / "file" / "x.db", busy_timeout_s=1)


def test_a_locked_file_is_waited_for_only_so_long(tmp_path: Path) -> None:
    """A lock that is not given up ends the start with what to do about it."""
    path = tmp_path / "x.db"
    prepare(path, busy_timeout_s=1)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnusable, match="SQLITE_BUSY; stop whatever holds it"):
            prepare(path, busy_timeout_s=0)
