"""Worker threads of our own, and the mailbox that brings their results back to the loop."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from resilience.bridge.call import Result

Job = Callable[[], None]
Waiter = asyncio.Future[Result]


class Workers:
    """A fixed number of daemon threads that run jobs in the order they came.

    A thread is woken by the queue alone: an executor would add a lock, a future and a weak
    reference to each job.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self.put: Callable[[Job], None] = self._queue.put

    def start(self) -> None:
        """Start the threads, once."""
        for number in range(self.count - len(self._threads)):
            thread = threading.Thread(target=self._work, name=f"wsgi-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that no thread has taken yet."""
        return self._queue.qsize()

    def stop(self, timeout_s: float) -> None:
        """End each thread after the job in its hands, waiting `timeout_s` for each at most."""
        for _ in self._threads:
            self._queue.put(None)
        while self._threads:
            self._threads.pop().join(timeout_s)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            job()
            del job


class Mailbox:
    """Brings results to a loop, waking it once for all that came in the meantime."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._results: deque[tuple[Waiter, Result]] = deque()
        self._woken = False

    def deliver(self, waiter: Waiter, result: Result) -> None:
        """Give the result to whoever waits for it; from any thread."""
        self._results.append((waiter, result))
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._empty)

    def _empty(self) -> None:
        # Lowered before the first look, so that a result appended later wakes the loop again.
        self._woken = False
        while self._results:
            waiter, result = self._results.popleft()
            if not waiter.done():
                waiter.set_result(result)
