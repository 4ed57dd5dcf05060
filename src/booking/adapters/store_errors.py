"""The database's errors, mapped to ours in one table; none of their text goes on."""

import sqlite3
from pathlib import Path

from booking.domain.errors import BookingError, StoreFault, StoreUnavailable

_PRIMARY_CODE = 0xFF
_FAULTS = {
    sqlite3.SQLITE_BUSY: (StoreFault.BUSY, 1),
    sqlite3.SQLITE_LOCKED: (StoreFault.BUSY, 1),
    sqlite3.SQLITE_FULL: (StoreFault.DISK_FULL, 30),
    sqlite3.SQLITE_IOERR: (StoreFault.IO, 5),
    sqlite3.SQLITE_CANTOPEN: (StoreFault.IO, 5),
    sqlite3.SQLITE_READONLY: (StoreFault.READ_ONLY, 30),
    sqlite3.SQLITE_PERM: (StoreFault.READ_ONLY, 30),
    sqlite3.SQLITE_CORRUPT: (StoreFault.DAMAGED, 60),
    sqlite3.SQLITE_NOTADB: (StoreFault.DAMAGED, 60),
}


class StoreUnusable(BookingError):
    """The store cannot be opened at start: `path`, what is wrong, and what to do."""

    def __init__(self, path: Path, wrong: str, remedy: str) -> None:
        super().__init__(f"the database {path} cannot be used: {wrong}; {remedy}")
        self.path = path


def unavailable(error: Exception) -> StoreUnavailable:
    """What the caller is told instead of the database's error."""
    return StoreUnavailable(*_FAULTS.get(_code(error), (StoreFault.OTHER, 5)))


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process holds the lock that was asked for."""
    return _code(error) == sqlite3.SQLITE_BUSY


def _code(error: Exception) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY_CODE
