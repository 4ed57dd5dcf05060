"""A clock that stands still until it is told otherwise."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
"""The wall clock's time when a `FakeClock` is made: a Monday morning."""


class FakeClock:
    """A `Clock` whose sleeps pass at once and are written down in `slept`, in seconds.

    `on_sleep` is called with each wait before it passes; `interrupt` ends it as the end of the
    process does. The wall clock can be set without moving the monotonic one.
    """

    def __init__(
        self,
        *,
        monotonic_s: float = 1000.0,
        utc_now: datetime = START,
        on_sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._monotonic_s = monotonic_s
        self._utc_now = utc_now
        self._on_sleep = on_sleep
        self._interrupted = False
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return self._monotonic_s

    def utc_now(self) -> datetime:
        """The wall clock, with the UTC time zone."""
        return self._utc_now

    def sleep(self, seconds: float) -> bool:
        """Let the time pass at once; False, without passing it, after `interrupt`."""
        if self._on_sleep is not None:
            self._on_sleep(seconds)
        if self._interrupted:
            return False
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))
        return True

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        with self._lock:
            self._monotonic_s += seconds
            self._utc_now += timedelta(seconds=seconds)

    def set_wall(self, utc_now: datetime) -> None:
        """Set the wall clock, as a time server or an operator does."""
        self._utc_now = utc_now

    def interrupt(self) -> None:
        """End the wait under way, and every later one, as when the process is stopping."""
        self._interrupted = True
