"""People who book, at an even pace, for as long as a scene lasts."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException

from tests.stack.stack import Stack
from tests.stack_http import PERSON, ask, free_starts, new_user

Work = Callable[[], object]


@contextmanager
def repeated(work: Work, *, every_s: float, threads: int = 1) -> Iterator[None]:
    """Do the work again and again in threads of its own; what it fails at is its own affair."""
    ended = threading.Event()

    def keep_on() -> None:
        while not ended.wait(every_s):
            with suppress(OSError, HTTPException, StopIteration):
                work()

    running = [threading.Thread(target=keep_on, daemon=True) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in running:
            thread.join(20)


class Visitors:
    """Each request comes from somebody new, and each booking takes a start of its own."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        starts = free_starts(stack.api.port)
        self._wishes: Iterator[dict[str, object]] = iter(
            [{**start, "on_taken": "take", "client": PERSON} for start in starts]
        )
        self._lock = threading.Lock()

    def book(self) -> None:
        """Book through the agent."""
        with self._lock:
            wish = next(self._wishes)
        ask(self._stack.agent.port, "POST /book", wish, user=new_user())

    def look(self) -> None:
        """Ask the API for the services."""
        ask(self._stack.api.port, "GET /services")

    def hurry(self) -> None:
        """Ask the API for the services, and wait no longer than 0.3 s for it."""
        ask(self._stack.api.port, "GET /services", headers={"X-Request-Timeout-Ms": "300"})

    def flood(self) -> None:
        """Ask again and again from one address."""
        ask(self._stack.api.port, "GET /services", user="127.55.0.1")


def paces(visitors: Visitors) -> Sequence[tuple[Work, float]]:
    """What people do when nothing is wrong: about eight bookings and as many looks a second."""
    return ((visitors.book, 0.1), (visitors.look, 0.12))
