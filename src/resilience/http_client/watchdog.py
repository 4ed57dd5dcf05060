"""One thread that cuts off whatever takes too long."""

import heapq
import threading
from collections.abc import Callable
from typing import Protocol

LINGER_S = 5.0
"""How long the thread waits for something to watch before it ends."""


class Watched(Protocol):
    """Something that must be over by `due_s`, on the monotonic clock."""

    due_s: float
    finished: bool

    def expire(self) -> None:
        """Cut it off, unless it has finished."""


class Watchdog:
    """Expires what is not finished in time; its thread lives only while there is work."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._condition = threading.Condition()
        self._heap: list[tuple[float, int, Watched]] = []
        self._number = 0
        self._thread: threading.Thread | None = None
        self._closed = False

    def watch(self, watched: Watched) -> None:
        """Expire `watched` when its time is up."""
        with self._condition:
            self._number += 1
            entry = (watched.due_s, self._number, watched)
            heapq.heappush(self._heap, entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif self._heap[0] is entry:
                self._condition.notify()

    def close(self) -> None:
        """End the thread; what is still watched is no longer cut off."""
        with self._condition:
            thread = self._thread
            self._closed = thread is not None
            self._condition.notify()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (due := self._await_due()) is not None:
            due.expire()

    def _await_due(self) -> Watched | None:
        """The next that is due; None when the thread may end."""
        lingered = False
        with self._condition:
            while not self._closed:
                self._drop_finished_locked()
                wait_s = self._heap[0][0] - self._monotonic() if self._heap else LINGER_S
                if wait_s <= 0:
                    return heapq.heappop(self._heap)[2]
                if lingered and not self._heap:
                    break
                lingered = not self._condition.wait(wait_s)
            self._thread, self._closed = None, False
            return None

    def _drop_finished_locked(self) -> None:
        while self._heap and self._heap[0][2].finished:
            heapq.heappop(self._heap)
