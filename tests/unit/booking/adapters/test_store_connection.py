"""The settings of a connection."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from booking.adapters.store_connection import connect


def test_a_connection_syncs_fully_and_checks_foreign_keys(tmp_path: Path) -> None:
    """The settings that durability rests on are those that the database reports."""
    (tmp_path / "a b%.db").touch()
    with closing(connect(tmp_path / "a b%.db", busy_timeout_s=1.5)) as connection:
        names = ("synchronous", "foreign_keys", "busy_timeout")
        values = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    assert values == [2, 1, 1500]


def test_a_connection_keeps_a_megabyte_of_pages_at_most(tmp_path: Path) -> None:
    """A process that holds a few connections does not grow with its database."""
    (tmp_path / "x.db").touch()
    with closing(connect(tmp_path / "x.db", busy_timeout_s=0)) as connection:
        assert connection.execute("PRAGMA cache_size").fetchone() == (-1000,)


@pytest.mark.fault(53)
def test_a_missing_file_is_never_made(tmp_path: Path) -> None:
    """A database that is gone is an error, not a new and empty one."""
    with pytest.raises(sqlite3.OperationalError):
        connect(tmp_path / "gone.db", busy_timeout_s=0)
    assert not (tmp_path / "gone.db").exists()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """A connection for reading refuses to change anything."""
    (tmp_path / "x.db").touch()
    with closing(connect(tmp_path / "x.db", busy_timeout_s=0, read_only=True)) as connection:  # noqa: SIM117  # what raises stands alone
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("CREATE TABLE t (x)")
