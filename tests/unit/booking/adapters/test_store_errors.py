"""The mapping of the database's errors."""

import sqlite3

import pytest

from booking.adapters.store_errors import is_busy, unavailable
from booking.domain.errors import StoreFault


def database_error(code: int) -> sqlite3.Error:
    """An error of the driver with this code."""
    error = sqlite3.OperationalError("near 'Ada': secret text of the database")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (sqlite3.SQLITE_BUSY, StoreFault.BUSY),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreFault.BUSY),
        (sqlite3.SQLITE_FULL, StoreFault.DISK_FULL),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreFault.IO),
        (sqlite3.SQLITE_READONLY_DBMOVED, StoreFault.READ_ONLY),
        (sqlite3.SQLITE_CORRUPT, StoreFault.DAMAGED),
        (sqlite3.SQLITE_NOTADB, StoreFault.DAMAGED),
        (sqlite3.SQLITE_MISUSE, StoreFault.OTHER),
    ],
)
def test_each_code_has_its_fault_and_no_text(code: int, fault: StoreFault) -> None:
    """Extended codes count as their primary one, and nothing of the text goes on."""
    mapped = unavailable(database_error(code))
    assert mapped.fault is fault
    assert mapped.retry_after_s >= 1
    assert "secret" not in str(mapped)


def test_an_error_without_a_code_is_other() -> None:
    """Whatever is not the database's is mapped too."""
    assert unavailable(ValueError("x")).fault is StoreFault.OTHER


def test_only_a_held_lock_is_busy() -> None:
    """Busy in all its forms is told from the rest."""
    codes = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_FULL)
    assert [is_busy(database_error(code)) for code in codes] == [True, True, False]
