"""Idempotency keys: in flight in this process, and kept with their replies in the store."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from booking.adapters import store_statements as sql
from booking.domain.errors import KeyInFlight, KeyReused
from booking.service.idempotency import KeyUse
from booking.service.ports import Outcome, Reply

Job = Callable[[sqlite3.Connection], Reply]

PURGE_EVERY = 64
PURGE_BATCH = 200


class KeysInFlight:
    """Which keys this process is working on at the moment."""

    def __init__(self) -> None:
        self._held: dict[tuple[bytes, bytes], tuple[bytes]] = {}

    @contextmanager
    def hold(self, use: KeyUse) -> Iterator[None]:
        """Hold the key; raises KeyInFlight, or KeyReused when another request holds it."""
        name = (use.scope, use.key)
        mine = (use.fingerprint,)  # a new one each time, so that its holder knows it again
        holder = self._held.setdefault(name, mine)  # in one step, whatever other threads do
        if holder is not mine:
            raise KeyInFlight if holder == mine else KeyReused
        try:
            yield
        finally:
            del self._held[name]


@dataclass(frozen=True, slots=True)
class Once:
    """Work whose reply is stored with its key, in the same transaction."""

    use: KeyUse
    work: Job
    now_utc_s: int
    retention_s: int

    def quickly(self, connection: sqlite3.Connection) -> Reply:
        """The reply of the work; raises sqlite3.IntegrityError when the key is already stored."""
        reply = self.work(connection)
        self._keep(connection, reply)
        return reply

    def carefully(self, connection: sqlite3.Connection) -> Reply:
        """The stored reply of the key, or that of the work, which is then stored.

        Raises KeyReused and whatever the work raises.
        """
        row = connection.execute(sql.FIND_KEY.sql, (self.use.scope, self.use.key)).fetchone()
        if row is not None:
            fingerprint, status, body, expires_utc_s = row
            if expires_utc_s >= self.now_utc_s:
                if fingerprint != self.use.fingerprint:
                    raise KeyReused
                return Reply(status, body, Outcome.REPLAYED)
            connection.execute(sql.FORGET_KEY.sql, (self.use.scope, self.use.key))
        return self.quickly(connection)

    def _keep(self, connection: sqlite3.Connection, reply: Reply) -> None:
        row = (self.use.scope, self.use.key, self.use.fingerprint, reply.status, reply.body)
        expires_utc_s = self.now_utc_s + self.retention_s
        added = connection.execute(sql.ADD_KEY.sql, (*row, self.now_utc_s, expires_utc_s))
        if added.lastrowid is not None and added.lastrowid % PURGE_EVERY == 0:
            connection.execute(sql.PURGE_KEYS.sql, (PURGE_BATCH, self.now_utc_s))
