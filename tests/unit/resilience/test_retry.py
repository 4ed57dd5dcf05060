"""Attempts after the first and the waits before them."""

import random
from dataclasses import dataclass

import pytest

from resilience.budget import RetryBudget
from resilience.deadline import Deadline
from resilience.events import DelaySource, StopReason
from resilience.options import BudgetOptions, RetryOptions
from resilience.retry import Course, Retry, Wait
from resilience.testing.clock import FakeClock


@dataclass(frozen=True)
class Try:
    """An attempt as the loop sees it."""

    again: bool = True
    retry_after_s: float | None = None


class Stand:
    """The loop in virtual time, over attempts that are given."""

    def __init__(self, *results: Try, tokens: float = 100.0, **options: float) -> None:
        self.clock = FakeClock()
        self.budget = RetryBudget(BudgetOptions(max_tokens=tokens))
        self.results = list(results)
        self.waits: list[Wait] = []
        self.random = random.Random(7).random
        self.options = RetryOptions(**{"jitter": 0.0, **options})  # type: ignore[arg-type]  # checked by the options

    def run(self, *, deadline_s: float = 67.0, refused: bool = False) -> Course[Try]:
        """Follow the first attempt to the end."""
        retry = Retry(self.options, clock=self.clock, random=self.random, budget=self.budget)
        deadline = Deadline(deadline_s, self.clock)
        course = retry.course(self.results.pop(0), self._send, deadline, lambda: refused)
        course.run()
        return course

    def _send(self, number: int, wait: Wait) -> Try:
        self.waits.append(wait)
        assert number == len(self.waits) + 1
        return self.results.pop(0)


def test_waits_double() -> None:
    """Three retries wait 1, 2 and 4 s, and then the attempts are exhausted."""
    stand = Stand(*[Try()] * 4)
    course = stand.run()
    assert stand.clock.slept == [1.0, 2.0, 4.0]
    assert (course.stop_reason, course.waited_s, stand.results) == (
        StopReason.ATTEMPTS_EXHAUSTED,
        7.0,
        [],
    )


def test_the_first_result_that_needs_no_other_ends_it() -> None:
    """A retry that helps is the last."""
    stand = Stand(Try(), Try(again=False), Try())
    course = stand.run()
    assert (course.last, course.stop_reason, stand.clock.slept) == (
        Try(again=False),
        StopReason.NONE,
        [1.0],
    )


@pytest.mark.fault(23)
def test_jitter_stays_within_its_share_to_both_sides() -> None:
    """Each wait is within 20 % of the backoff, and they spread over all of it."""
    firsts = []
    for seed in range(200):
        stand = Stand(*[Try()] * 4, jitter=0.2)
        stand.random = random.Random(seed).random
        stand.run()
        for slept, backoff in zip(stand.clock.slept, (1.0, 2.0, 4.0), strict=True):
            assert 0.8 * backoff <= slept <= 1.2 * backoff
        firsts.append(stand.clock.slept[0])
    bins = [sum(1 for wait in firsts if int(wait / 0.05) == n) for n in range(16, 24)]
    assert max(bins) <= 50


def test_no_wait_is_longer_than_its_cap() -> None:
    """Neither the backoff nor its jitter exceeds `max_wait_s`."""
    stand = Stand(*[Try()] * 4, max_wait_s=3.0, jitter=0.2)
    stand.random = lambda: 0.99
    stand.run()
    assert max(stand.clock.slept) == 3.0


@pytest.mark.parametrize(
    ("asked_s", "wait"),
    [
        (0.5, Wait(1.0, DelaySource.BACKOFF)),
        (5.0, Wait(5.0, DelaySource.RETRY_AFTER)),
        (30.0, Wait(30.0, DelaySource.RETRY_AFTER)),
    ],
)
@pytest.mark.fault(11)
def test_the_longer_of_backoff_and_what_was_asked_for(asked_s: float, wait: Wait) -> None:
    """What the service asks for is waited for, when it is longer than the backoff."""
    stand = Stand(Try(retry_after_s=asked_s), Try(again=False))
    stand.run()
    assert stand.waits == [wait]


@pytest.mark.fault(11)
def test_jitter_only_adds_to_what_was_asked_for() -> None:
    """Nobody comes back before the time, and nobody after the cap."""
    for asked_s, most_s in ((10.0, 12.0), (29.0, 30.0)):
        stand = Stand(Try(retry_after_s=asked_s), Try(again=False), jitter=0.2)
        stand.random = lambda: 0.9999
        stand.run()
        assert asked_s < stand.clock.slept[0] <= most_s


@pytest.mark.parametrize("asked_s", [30.1, 1e9, 1e300])
@pytest.mark.fault(11, 12)
def test_too_long_a_wait_is_not_begun(asked_s: float) -> None:
    """A service that asks for more than the cap is not waited for at all."""
    stand = Stand(Try(retry_after_s=asked_s))
    assert stand.run().stop_reason is StopReason.RETRY_AFTER_TOO_LONG
    assert stand.clock.slept == []


@pytest.mark.parametrize(
    ("retry_after_s", "reason"),
    [(None, StopReason.DEADLINE), (5.0, StopReason.RETRY_AFTER_TOO_LONG)],
)
@pytest.mark.fault(24)
def test_no_wait_beyond_the_deadline(retry_after_s: float | None, reason: StopReason) -> None:
    """A wait after which no attempt could be made is not begun."""
    stand = Stand(Try(retry_after_s=retry_after_s))
    assert stand.run(deadline_s=1.0).stop_reason is reason
    assert stand.clock.slept == []


@pytest.mark.fault(17)
def test_an_open_circuit_is_not_waited_for() -> None:
    """When the circuit is open there is no wait and no attempt."""
    stand = Stand(Try())
    assert stand.run(refused=True).stop_reason is StopReason.CIRCUIT_OPEN
    assert stand.clock.slept == []


def test_an_empty_budget_ends_it() -> None:
    """Without tokens no attempt follows."""
    stand = Stand(Try(), tokens=2.0)
    stand.budget.failure()
    assert stand.run().stop_reason is StopReason.RETRY_BUDGET


@pytest.mark.fault(25)
def test_a_process_that_stops_waits_no_longer() -> None:
    """An interrupted wait ends the operation, and what was waited is known."""
    stand = Stand(Try(), Try(), Try())
    stand.clock = FakeClock(on_sleep=lambda s: stand.clock.interrupt() if s > 1 else None)
    course = stand.run()
    assert (course.stop_reason, course.waited_s) == (StopReason.CANCELLED, 1.0)


def test_an_exception_of_an_attempt_is_nobodys_retry() -> None:
    """What an attempt raises, instead of returning it, goes straight to the caller."""
    stand = Stand(Try())
    stand.results.append(Try())

    def send(number: int, wait: Wait) -> Try:
        raise KeyboardInterrupt

    retry = Retry(stand.options, clock=stand.clock, random=stand.random, budget=stand.budget)
    with pytest.raises(KeyboardInterrupt):
        retry.course(Try(), send, Deadline(67.0, stand.clock), lambda: False).run()
    assert stand.clock.slept == [1.0]


def test_the_first_wait_is_that_of_the_options() -> None:
    """And the others double it."""
    stand = Stand(*[Try()] * 4, backoff_s=0.5)
    stand.run()
    assert stand.clock.slept == [0.5, 1.0, 2.0]


def test_jitter_varies_the_wait_that_was_capped() -> None:
    """Also a backoff far beyond its cap is spread below it, so that callers do not meet."""
    stand = Stand(*[Try()] * 4, max_wait_s=2.0, jitter=0.25)
    stand.random = lambda: 0.0
    stand.run()
    assert stand.clock.slept == [0.75, 1.5, 1.5]


def test_a_wait_that_equals_the_backoff_is_the_backoff() -> None:
    """What was asked for decided nothing."""
    stand = Stand(Try(retry_after_s=1.0), Try(again=False))
    stand.run()
    assert stand.waits == [Wait(1.0, DelaySource.BACKOFF)]


def test_an_attempt_that_needs_no_other_is_followed_by_none() -> None:
    """Nothing stopped it, and nothing was waited for."""
    stand = Stand(Try(again=False))
    course = stand.run()
    assert (course.stop_reason, course.waited_s, stand.waits) == (StopReason.NONE, 0.0, [])
