"""The two ways through a breaker that take no lock."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from resilience.breaker import CircuitBreaker
from resilience.errors import CircuitBreakerOpen
from resilience.testing.clock import FakeClock


class Watched:
    """A lock that counts how often it is taken."""

    def __init__(self) -> None:
        self.taken = 0

    def __enter__(self) -> None:
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        pass


class WatchedClock(FakeClock):
    """A clock that counts how often it is looked at."""

    looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return super().monotonic()


class Stand:
    """A breaker that opens at the second failure, for 60 s, its lock and its clock."""

    def __init__(self) -> None:
        self.clock, self.lock = WatchedClock(), Watched()
        self.breaker = CircuitBreaker(2, 60.0, clock=self.clock)
        self.breaker._lock = cast(Any, self.lock)

    def fail(self, times: int = 1) -> None:
        """Let a call fail."""
        for _ in range(times):
            with pytest.raises(OSError, match="down"):
                self.breaker.call(_down)

    def taken_by(self, act: Callable[[], object]) -> int:
        """How often `act` takes the lock."""
        before = self.lock.taken
        act()
        return self.lock.taken - before


def _down() -> None:
    raise OSError("down")


def _new(stand: Stand) -> None:
    del stand


def _after_a_failure(stand: Stand) -> None:
    stand.fail()
    stand.breaker.call(int)


def _after_a_failure_by_permit(stand: Stand) -> None:
    stand.fail()
    stand.breaker.acquire().success()


def _after_a_reset(stand: Stand) -> None:
    stand.breaker.force_open()
    stand.breaker.reset()


def _after_a_probe(stand: Stand) -> None:
    stand.fail(2)
    stand.clock.advance(60.0)
    stand.breaker.call(int)


@pytest.mark.parametrize(
    "before", [_new, _after_a_failure, _after_a_failure_by_permit, _after_a_reset, _after_a_probe]
)
def test_calls_that_succeed_do_not_wait_for_each_other(before: Callable[[Stand], None]) -> None:
    """While the circuit is closed and no failure is remembered, nobody takes the lock."""
    stand = Stand()
    before(stand)
    taken = [
        stand.taken_by(lambda: stand.breaker.call(int)),
        stand.taken_by(lambda: stand.breaker.acquire().success()),
    ]
    assert taken == [0, 0]


def test_a_call_that_succeeds_is_not_timed() -> None:
    """Without a window no call is slow, so nobody looks at the clock."""
    stand = Stand()
    before = stand.clock.looks
    stand.breaker.call(int)
    assert stand.clock.looks == before


def test_refused_calls_do_not_wait_for_each_other() -> None:
    """To the last moment of the rest."""
    stand = Stand()
    stand.fail(2)
    taken = []

    def refused() -> None:
        with pytest.raises(CircuitBreakerOpen):
            stand.breaker.call(int)

    for after_s in (0.0, 59.5):
        stand.clock.advance(after_s)
        taken.append(stand.taken_by(refused))
    assert taken == [0, 0]
