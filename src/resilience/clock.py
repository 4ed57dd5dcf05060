"""Time as a parameter: policies read a `Clock`, never the `time` module."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where a policy gets its time from and how it waits."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back when the wall clock is set."""

    def sleep(self, seconds: float) -> bool:
        """Wait; False when the wait was cut short because the process is stopping."""

    def utc_now(self) -> datetime:
        """The wall clock, with the UTC time zone. For records, never for measuring."""


class SystemClock:
    """The clock of the operating system, whose waits can be interrupted once for all."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    monotonic = staticmethod(time.monotonic)
    """Seconds of `time.monotonic`, which is read several times for each call: no layer of ours."""

    def sleep(self, seconds: float) -> bool:
        """Wait for `seconds`; False at once when `interrupt` was or is called."""
        return not self._stopping.wait(min(max(0.0, seconds), threading.TIMEOUT_MAX))

    def utc_now(self) -> datetime:
        """The wall clock, with the UTC time zone."""
        return datetime.now(UTC)

    def interrupt(self) -> None:
        """End every wait, now and from now on: the process is stopping."""
        self._stopping.set()
