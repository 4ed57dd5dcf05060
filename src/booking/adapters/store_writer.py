"""Group commit: one thread writes, many callers share each sync of the disk."""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from booking.adapters.store_errors import unavailable
from booking.domain.errors import StoreFault, StoreUnavailable

T = TypeVar("T")


class _Unit:
    """One piece of work on its way through the writer."""

    __slots__ = ("done", "error", "result", "work")

    def __init__(self, work: Callable[[sqlite3.Connection], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: Exception | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def attempt(self, connection: sqlite3.Connection) -> None:
        """Do the work in a savepoint of its own, so that its failure undoes nothing else."""
        connection.execute("SAVEPOINT unit")
        try:
            self.result = self.work(connection)
        except Exception as error:
            connection.execute("ROLLBACK TO unit")
            self.error = unavailable(error) if isinstance(error, sqlite3.Error) else error
        connection.execute("RELEASE unit")


class GroupCommit:
    """Runs units of work on one connection, as many as are waiting in each commit.

    A caller is answered after the commit that holds its work. `connect` opens the connection,
    and another one after a failure; `queue_limit` units may wait, `batch_limit` share a commit,
    and a caller waits `wait_s` seconds at most.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        *,
        queue_limit: int,
        batch_limit: int,
        wait_s: float,
    ) -> None:
        self._connect = connect
        self._queue_limit = queue_limit
        self._batch_limit = batch_limit
        self._wait_s = wait_s
        self._connection: sqlite3.Connection | None = None
        self._waiting: deque[_Unit] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What the work returned, durable; raises what it raised, or StoreUnavailable."""
        unit = _Unit(work)
        self._enqueue(unit)
        if not unit.done.acquire(timeout=self._wait_s):
            raise self._withdrawn(unit)
        if unit.error is not None:
            raise unit.error
        result: T = unit.result
        return result

    def close(self) -> None:
        """Do what is waiting, take nothing more, and end the thread; at most 2 x `wait_s`."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(2 * self._wait_s)

    def _enqueue(self, unit: _Unit) -> None:
        with self._changed:
            if self._closing:
                raise StoreUnavailable(StoreFault.CLOSED)
            if len(self._waiting) >= self._queue_limit:
                raise StoreUnavailable(StoreFault.QUEUE_FULL)
            self._waiting.append(unit)
            self._changed.notify()

    def _withdrawn(self, unit: _Unit) -> StoreUnavailable:
        with self._changed:
            if unit in self._waiting:
                self._waiting.remove(unit)
        return StoreUnavailable(StoreFault.TIMEOUT)

    def _serve(self) -> None:
        while batch := self._next_batch():
            self._commit(batch)
            for unit in batch:
                unit.done.release()
        self._disconnect()

    def _next_batch(self) -> list[_Unit]:
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            size = min(len(self._waiting), self._batch_limit)
            return [self._waiting.popleft() for _ in range(size)]

    def _commit(self, batch: list[_Unit]) -> None:
        try:
            connection = self._connection = self._connection or self._connect()
            connection.execute("BEGIN IMMEDIATE")
            for unit in batch:
                unit.attempt(connection)
            connection.execute("COMMIT")
        except Exception as error:
            self._disconnect()
            for unit in batch:
                unit.error = unavailable(error)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
