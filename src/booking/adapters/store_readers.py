"""A bounded pool of connections for reading."""

import sqlite3
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from booking.adapters.store_errors import unavailable
from booking.domain.errors import StoreFault, StoreUnavailable

T = TypeVar("T")


class Readers:
    """Runs reads, each on a connection of its own, opened when first needed.

    `connect` opens one; at most `size` exist. A caller waits `wait_s` seconds for its turn and
    then gets StoreUnavailable. A connection that failed is not used again.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], *, size: int, wait_s: float
    ) -> None:
        self._connect = connect
        self._wait_s = wait_s
        self._size = size
        self._idle: SimpleQueue[sqlite3.Connection | None] = SimpleQueue()
        self._closed = False
        for _ in range(size):
            self._idle.put(None)

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """What the query returns; raises StoreUnavailable."""
        connection = self._take()
        try:
            connection = connection or self._connect()
            return query(connection)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            connection = None
            raise unavailable(error) from None
        finally:
            self._idle.put(connection)

    @property
    def in_use(self) -> int:
        """How many connections are reading."""
        return self._size - self._idle.qsize()

    def close(self) -> None:
        """Close every connection, waiting `wait_s` for each that is in use; once is enough."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._size):
            try:
                connection = self._idle.get(timeout=self._wait_s)
            except Empty:
                return
            if connection is not None:
                connection.close()

    def _take(self) -> sqlite3.Connection | None:
        if self._closed:
            raise StoreUnavailable(StoreFault.CLOSED)
        try:
            return self._idle.get(timeout=self._wait_s)
        except Empty:
            raise StoreUnavailable(StoreFault.TIMEOUT) from None
