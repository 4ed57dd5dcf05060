"""The bookings as the database holds them, read directly and without writing."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from audit.errors import Unreadable


class Appointment(NamedTuple):
    """One row of `appointments`."""

    confirmation: str
    service_id: str
    provider: str
    start_s: int
    end_s: int
    name: str
    email: str
    phone: str
    status: str
    created_s: int
    version: int


class Kept(NamedTuple):
    """One stored answer: the digest of its scope and its key, its status, and what it says."""

    scope: bytes
    key: bytes
    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Diary:
    """All bookings, the stored answers, and which confirmations claim time."""

    appointments: Sequence[Appointment]
    kept: Sequence[Kept]
    claimed: frozenset[str]


_APPOINTMENTS = """
    SELECT confirmation, service_id, provider, start_utc_s, end_utc_s, client_name,
           client_email, client_phone, status, created_utc_s, version
    FROM appointments
"""


def read_diary(path: Path) -> Diary:
    """The diary in an SQLite file. Raises Unreadable."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            rows = connection.execute(_APPOINTMENTS).fetchall()
            kept = connection.execute("SELECT scope, key, status, body FROM idempotency").fetchall()
            claimed = connection.execute("SELECT DISTINCT confirmation FROM claims").fetchall()
    except sqlite3.Error as error:
        raise Unreadable(path, f"not a database of bookings ({error})") from None
    return Diary(
        [Appointment(*row) for row in rows],
        [Kept(scope, key, status, _body(path, body)) for scope, key, status, body in kept],
        frozenset(confirmation for (confirmation,) in claimed),
    )


def _body(path: Path, body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        raise Unreadable(path, "a stored answer is not JSON") from None
