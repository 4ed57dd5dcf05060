"""Group commit: one thread writes, many callers share each sync of the disk."""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from booking.adapters.store_batch import Unit, begin, do_all
from booking.adapters.store_errors import unavailable
from booking.domain.errors import StoreFault, StoreUnavailable

T = TypeVar("T")


class GroupCommit:
    """Runs units of work on one connection, as many as are waiting in each commit.

    A caller is answered after the commit that holds its work; while one batch is synced, the
    callers of the batch before it are already on their way back. `connect` opens the connection,
    and another one after a failure; `busy_timeout_s`: the wait for another process's write;
    `queue_limit` units may wait, `batch_limit` share a commit; a caller waits `wait_s` at most.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        *,
        busy_timeout_s: float,
        queue_limit: int,
        batch_limit: int,
        wait_s: float,
    ) -> None:
        self._connect = connect
        self._busy_timeout_s = busy_timeout_s
        self._queue_limit = queue_limit
        self._batch_limit = batch_limit
        self._wait_s = wait_s
        self._connection: sqlite3.Connection | None = None
        self._waiting: deque[Unit] = deque()
        self._finished: list[Unit] = []
        self._changed = threading.Condition(threading.Lock())
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    def run(
        self,
        work: Callable[[sqlite3.Connection], T],
        quick: Callable[[sqlite3.Connection], T] | None = None,
    ) -> T:
        """What the work returned, durable; raises what it raised, or StoreUnavailable.

        The work may be done, undone and done again. `quick` is tried first: it may raise anything
        where the work would not.
        """
        unit = Unit(quick or work, work)
        self._enqueue(unit)
        if not unit.done.acquire(timeout=self._wait_s):
            raise self._withdrawn(unit)
        if unit.error is not None:
            raise unit.error
        result: T = unit.result
        return result

    @property
    def waiting(self) -> int:
        """How many units wait for the next commit."""
        return len(self._waiting)

    @property
    def is_running(self) -> bool:
        """Whether the thread that writes is alive."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Do what is waiting, take nothing more, and end the thread; at most 2 x `wait_s`."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(2 * self._wait_s)

    def _enqueue(self, unit: Unit) -> None:
        with self._changed:
            if self._closing:
                raise StoreUnavailable(StoreFault.CLOSED)
            if len(self._waiting) >= self._queue_limit:
                raise StoreUnavailable(StoreFault.QUEUE_FULL)
            self._waiting.append(unit)
            self._changed.notify()

    def _withdrawn(self, unit: Unit) -> StoreUnavailable:
        with self._changed:
            if unit in self._waiting:
                self._waiting.remove(unit)
        return StoreUnavailable(StoreFault.TIMEOUT)

    def _serve(self) -> None:
        while (batch := self._next_batch(wait=not self._finished)) or self._finished:
            self._prepare(batch)
            self._answer()
            self._sync(batch)
            self._finished = batch
        self._disconnect()

    def _next_batch(self, *, wait: bool) -> list[Unit]:
        with self._changed:
            while wait and not self._waiting and not self._closing:
                self._changed.wait()
            size = min(len(self._waiting), self._batch_limit)
            return [self._waiting.popleft() for _ in range(size)]

    def _answer(self) -> None:
        finished, self._finished = self._finished, []
        for unit in finished:
            unit.done.release()

    def _prepare(self, batch: list[Unit]) -> None:
        if not batch:
            return
        try:
            connection = self._connected()
            begin_now = partial(
                begin,
                connection,
                busy_timeout_s=self._busy_timeout_s,
                before_waiting=self._answer,
            )
            begin_now()
            do_all(connection, batch, begin_now)
        except Exception as error:
            self._fail(batch, error)

    def _sync(self, batch: list[Unit]) -> None:
        if self._connection is None or not self._connection.in_transaction:
            return
        try:
            self._connection.execute("COMMIT")
        except Exception as error:
            self._fail(batch, error)

    def _fail(self, batch: list[Unit], error: Exception) -> None:
        self._disconnect()
        for unit in batch:
            unit.error = unavailable(error)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect()
            self._connection.execute("PRAGMA busy_timeout = 0")
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
