"""What the breaker remembers, and its verdict."""

from typing import Literal

import pytest

from resilience.options import BreakerOptions, WindowOptions
from resilience.vocabulary import TransitionReason
from resilience.window import CallWindow, Streak, TimeWindow, tally_of

FAILURES, SLOW = TransitionReason.FAILURE_RATE, TransitionReason.SLOW_CALL_RATE


def test_a_streak_is_broken_by_a_success() -> None:
    """Only failures without a success between them open the circuit."""
    streak = Streak(3)
    calls = [True, True, False, True, True, True]
    verdicts = [streak.record(failed, False, 0.0) for failed in calls]
    assert verdicts == [None] * 5 + [TransitionReason.CONSECUTIVE_FAILURES]


def test_the_progress_of_a_streak() -> None:
    """The share of the failures that open the circuit; nothing after a success."""
    streak = Streak(4)
    seen = []
    for failed in (False, True, True, False):
        streak.record(failed, False, 0.0)
        seen.append(streak.progress())
    assert seen == [0.0, 0.25, 0.5, 0.0]


@pytest.mark.parametrize("counts", ["calls", "time"])
def test_the_progress_of_a_window(counts: Literal["calls", "time"]) -> None:
    """It needs calls enough and failures enough, so the lesser share of both tells."""
    options = WindowOptions(size=10, minimum_calls=4, failure_rate=0.5, counts=counts)
    window = tally_of(BreakerOptions(window=options))
    seen = [window.progress()]
    for failed in (True, False, False, False, False, True, True, True):
        window.record(failed, False, 0.0)
        seen.append(window.progress())
    assert seen == [0.0, 0.25, 0.5, 2 / 3, 0.5, 0.4, 2 / 3, 6 / 7, 1.0]


def test_slow_calls_are_progress_too() -> None:
    """Where their share is judged."""
    window = CallWindow(WindowOptions(size=4, minimum_calls=1, slow_call_rate=0.8))
    for slow in (False, True):
        window.record(False, slow, 0.0)
    assert window.progress() == 0.5 / 0.8


def test_no_verdict_before_the_minimum_of_calls() -> None:
    """A window says nothing about too few calls."""
    window = CallWindow(WindowOptions(size=10, minimum_calls=4))
    assert [window.record(True, False, 0.0) for _ in range(4)] == [None] * 3 + [FAILURES]


def test_old_calls_leave_the_window() -> None:
    """Only the last `size` calls count."""
    window = CallWindow(WindowOptions(size=4, minimum_calls=4))
    failed = [True, False, False, False, False, True, True]
    verdicts = [window.record(one, False, 0.0) for one in failed]
    assert verdicts == [None] * 6 + [FAILURES]


def test_slow_calls_open_the_circuit() -> None:
    """The share of slow calls is judged too, when it is asked for."""
    window = CallWindow(WindowOptions(size=4, minimum_calls=2, slow_call_rate=0.5))
    assert [window.record(False, slow, 0.0) for slow in (False, True)] == [None, SLOW]


def test_slowness_alone_opens_nothing_by_default() -> None:
    """With a rate of 1.0 slow calls are never held against the target."""
    window = CallWindow(WindowOptions(size=4, minimum_calls=2))
    assert [window.record(False, True, 0.0) for _ in range(4)] == [None] * 4


def test_a_time_window_forgets_by_the_second() -> None:
    """A failure counts for `size` seconds."""
    window = TimeWindow(WindowOptions(counts="time", size=10, minimum_calls=2))
    window.record(True, False, 100.0)
    assert window.record(True, False, 110.0) is None
    assert window.record(True, False, 110.9) is FAILURES


def test_clearing_forgets_everything() -> None:
    """After a transition a window begins anew."""
    for counts in ("calls", "time"):
        window = tally_of(BreakerOptions(window=WindowOptions(counts=counts, minimum_calls=2)))
        window.record(True, False, 0.0)
        window.clear()
        assert window.record(True, False, 0.0) is None


@pytest.mark.parametrize(
    ("window", "kind"),
    [
        (None, Streak),
        (WindowOptions(), CallWindow),
        (WindowOptions(counts="time"), TimeWindow),
    ],
)
def test_the_options_choose_the_memory(window: WindowOptions | None, kind: type) -> None:
    """Each choice of options has its memory."""
    assert type(tally_of(BreakerOptions(window=window))) is kind
