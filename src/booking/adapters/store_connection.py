"""Connections to the SQLite file, with the settings that durability rests on."""

import sqlite3
from pathlib import Path

# A log of up to 16 MB spares most of the random writes of a checkpoint. Each connection fills its
# cache with whatever it has read, so with large ones a process grows for as long as its file does;
# what does not fit is a copy from the operating system's cache.
_PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = FULL",
    "cache_size = -1000",
    "wal_autocheckpoint = 4000",
)


def connect(path: Path, *, busy_timeout_s: float, read_only: bool = False) -> sqlite3.Connection:
    """Open the existing file; transactions are begun and ended by hand.

    `busy_timeout_s`: how long a statement waits for another process. Raises sqlite3.Error,
    also when the file is gone: a new, empty one is never made here.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection
