"""A bounded pool of connections for reading."""

import sqlite3
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from booking.adapters.store_errors import unavailable
from booking.domain.errors import StoreFault, StoreUnavailable

T = TypeVar("T")


class Readers:
    """Runs reads, each on a connection of its own, opened when no other is free.

    `connect` opens one; at most `size` exist. The one used last is used next: its pages are in
    its cache, and a gentle load does not fill the caches of all. A caller waits `wait_s` seconds
    for its turn and then gets StoreUnavailable. A connection that failed is not used again.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], *, size: int, wait_s: float
    ) -> None:
        self._connect = connect
        self._wait_s = wait_s
        self._size = size
        self._turns: SimpleQueue[None] = SimpleQueue()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        for _ in range(size):
            self._turns.put(None)

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """What the query returns; raises StoreUnavailable."""
        self._await_turn()
        connection = None
        try:
            connection = self._idle_one() or self._connect()
            return query(connection)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            connection = None
            raise unavailable(error) from None
        finally:
            if connection is not None:
                self._idle.append(connection)
            self._turns.put(None)

    @property
    def in_use(self) -> int:
        """How many connections are reading."""
        return self._size - self._turns.qsize()

    def close(self) -> None:
        """Close every connection, waiting `wait_s` for each that is in use; once is enough."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._size):
            try:
                self._turns.get(timeout=self._wait_s)
            except Empty:
                break
        while (connection := self._idle_one()) is not None:
            connection.close()

    def _await_turn(self) -> None:
        if self._closed:
            raise StoreUnavailable(StoreFault.CLOSED)
        try:
            self._turns.get(timeout=self._wait_s)
        except Empty:
            raise StoreUnavailable(StoreFault.TIMEOUT) from None

    def _idle_one(self) -> sqlite3.Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None
