"""Tests of `booking.traffic.pace`."""

import threading

from booking.traffic.pace import Pace


class Waits(threading.Event):
    """Notes how long was waited instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """At once."""
        self.waited.append(timeout or 0.0)
        return self.is_set()


def test_requests_go_evenly() -> None:
    """Four a second: each a quarter of a second after the last."""
    stopped = Waits()
    pace = Pace(4, stopped, now_s=lambda: 100.0)
    assert [pace.wait() for _ in range(3)] == [True] * 3
    assert stopped.waited == [0.0, 0.25, 0.5]


def test_lost_time_is_not_made_up_for() -> None:
    """After a standstill the next goes at once and the one after it in its time: no burst."""
    stopped, times_s = Waits(), iter([0.0, 100.0, 100.0])
    pace = Pace(4, stopped, now_s=lambda: next(times_s))
    for _ in range(3):
        pace.wait()
    assert stopped.waited == [0.0, 0.0, 0.25]


def test_nobody_goes_after_the_end() -> None:
    """A stopped pace says so."""
    stopped = Waits()
    stopped.set()
    assert Pace(4, stopped, now_s=lambda: 0.0).wait() is False
