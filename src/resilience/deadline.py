"""The time budget of one whole operation, waits included."""

from resilience.clock import Clock

LEAST_ATTEMPT_S = 0.01
"""An attempt with less time than this cannot finish, so it is not started."""


class Deadline:
    """`limit_s` seconds from now, on the monotonic clock."""

    __slots__ = ("_monotonic", "limit_s", "started_s")

    def __init__(self, limit_s: float, clock: Clock) -> None:
        self._monotonic = clock.monotonic
        self.limit_s = limit_s
        self.started_s = clock.monotonic()

    def elapsed_s(self) -> float:
        """Seconds since the operation began."""
        return self._monotonic() - self.started_s

    def remaining_s(self) -> float:
        """Seconds left; negative when the deadline has passed."""
        return self.started_s + self.limit_s - self._monotonic()

    def fits(self, wait_s: float = 0.0) -> bool:
        """Whether an attempt could still be made after waiting `wait_s` seconds."""
        return self.remaining_s() - wait_s >= LEAST_ATTEMPT_S
