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

    Of the threads that rest, the one that rested the shortest takes the next job: a gentle load
    stays with a few, whose memory is warm and has grown to what they need. A thread is woken by
    its own queue alone: an executor would add a future and a weak reference to each job.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._lock = threading.Lock()
        self._waiting: deque[Job | None] = deque()
        self._resting: list[SimpleQueue[Job | None]] = []
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads, once."""
        for number in range(self.count - len(self._threads)):
            thread = threading.Thread(target=self._work, name=f"wsgi-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def put(self, job: Job | None) -> None:
        """Have a thread run the job as soon as one is free; None ends that thread."""
        with self._lock:
            if not self._resting:
                self._waiting.append(job)
                return
            rested = self._resting.pop()
        rested.put(job)

    @property
    def waiting(self) -> int:
        """Jobs that no thread has taken yet."""
        return len(self._waiting)

    def stop(self, timeout_s: float) -> None:
        """End each thread after the jobs that came before, waiting `timeout_s` for each at most."""
        for _ in self._threads:
            self.put(None)
        while self._threads:
            self._threads.pop().join(timeout_s)

    def _work(self) -> None:
        own: SimpleQueue[Job | None] = SimpleQueue()
        while (job := self._next(own)) is not None:
            job()
            del job

    def _next(self, own: "SimpleQueue[Job | None]") -> Job | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._resting.append(own)
        return own.get()


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
