"""Idempotency keys: in flight in this process, and kept with their replies in the store."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from booking.adapters import store_statements as sql
from booking.domain.errors import KeyInFlight, KeyReused
from booking.service.idempotency import KeyUse
from booking.service.ports import Outcome, Reply

PURGE_EVERY = 64
PURGE_BATCH = 200


class KeysInFlight:
    """Which keys this process is working on at the moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fingerprints: dict[tuple[bytes, bytes], bytes] = {}

    @contextmanager
    def hold(self, use: KeyUse) -> Iterator[None]:
        """Hold the key; raises KeyInFlight, or KeyReused when another request holds it."""
        name = (use.scope, use.key)
        with self._lock:
            holder = self._fingerprints.get(name)
            if holder is None:
                self._fingerprints[name] = use.fingerprint
        if holder is not None:
            raise KeyInFlight if holder == use.fingerprint else KeyReused
        try:
            yield
        finally:
            with self._lock:
                del self._fingerprints[name]


def reply_once(
    connection: sqlite3.Connection,
    use: KeyUse,
    work: Callable[[sqlite3.Connection], Reply],
    *,
    now_utc_s: int,
    retention_s: int,
) -> Reply:
    """The stored reply of this key, or that of the work, which is then stored.

    Must run in the transaction of the work. Raises KeyReused and whatever the work raises.
    """
    stored = connection.execute(sql.FIND_KEY.sql, (use.scope, use.key)).fetchone()
    if stored is not None and stored[3] >= now_utc_s:
        return _replay(use, stored[0], Reply(stored[1], stored[2], Outcome.REPLAYED))
    if stored is not None:
        connection.execute(sql.FORGET_KEY.sql, (use.scope, use.key))
    reply = work(connection)
    row = (use.scope, use.key, use.fingerprint, reply.status, reply.body)
    added = connection.execute(sql.ADD_KEY.sql, (*row, now_utc_s, now_utc_s + retention_s))
    if added.lastrowid is not None and added.lastrowid % PURGE_EVERY == 0:
        connection.execute(sql.PURGE_KEYS.sql, (PURGE_BATCH, now_utc_s))
    return reply


def _replay(use: KeyUse, fingerprint: bytes, reply: Reply) -> Reply:
    if fingerprint != use.fingerprint:
        raise KeyReused
    return reply
