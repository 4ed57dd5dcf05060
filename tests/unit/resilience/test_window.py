"""What the breaker remembers, and its verdict."""

import random
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


def test_a_streak_is_as_long_as_the_options_say_and_can_be_forgotten() -> None:
    """After a transition the count begins at nothing."""
    streak = tally_of(BreakerOptions(failure_threshold=2))
    streak.record(True, False, 0.0)
    streak.clear()
    assert streak.progress() == 0.0
    verdicts = [streak.record(True, False, 0.0) for _ in range(2)]
    assert verdicts == [None, TransitionReason.CONSECUTIVE_FAILURES]


def test_slow_calls_below_their_share_open_nothing() -> None:
    """One of four is less than a half."""
    window = CallWindow(WindowOptions(size=4, minimum_calls=4, slow_call_rate=0.5))
    assert [window.record(False, slow, 0.0) for slow in (False, False, False, True)] == [None] * 4


def test_slowness_that_is_not_judged_is_no_progress() -> None:
    """With a rate of 1.0 slow calls bring the circuit no nearer to opening."""
    window = CallWindow(WindowOptions(size=4, minimum_calls=2))
    for _ in range(4):
        window.record(False, True, 0.0)
    assert window.progress() == 0.0


def test_progress_ends_at_1() -> None:
    """More calls and more failures than it takes are still no more than all."""
    window = CallWindow(WindowOptions(size=4, minimum_calls=1))
    for _ in range(3):
        window.record(True, False, 0.0)
    assert window.progress() == 1.0


@pytest.mark.parametrize(("counts", "size"), [("calls", 7), ("time", 3)])
def test_a_window_is_the_sum_of_the_calls_in_it(
    counts: Literal["calls", "time"], size: int
) -> None:
    """Over a thousand random calls it judges as a list of all calls does, counted anew."""
    choice, now_s = random.Random(5), 100.0
    options = WindowOptions(
        counts=counts, size=size, minimum_calls=3, failure_rate=0.6, slow_call_rate=0.5
    )
    window, calls = tally_of(BreakerOptions(window=options)), list[tuple[bool, bool, int]]()
    seen = set()
    for _ in range(1000):
        now_s += choice.choice([0, 0, 0.3, 0.9, 1.7])
        failed, slow = choice.random() < 0.5, choice.random() < 0.4
        verdict = window.record(failed, slow, now_s)
        calls.append((failed, slow, int(now_s)))
        last = calls[-size:]
        if counts == "time":
            last = [call for call in calls if call[2] > int(now_s) - size]
        failures, slows = sum(c[0] for c in last) / len(last), sum(c[1] for c in last) / len(last)
        near = min(1.0, len(last) / 3, max(failures / 0.6, slows / 0.5))
        expected = FAILURES if failures >= 0.6 else SLOW if slows >= 0.5 else None
        assert verdict is (expected if len(last) >= 3 else None)
        assert window.progress() == pytest.approx(near)
        seen.add(verdict)
    assert seen == {FAILURES, SLOW, None}


def test_a_flood_within_a_second_is_one_sum() -> None:
    """A window of seconds grows with its seconds, not with its calls."""
    window = TimeWindow(WindowOptions(counts="time", size=10, minimum_calls=2))
    for number in range(300):
        window.record(False, False, 100.0 + number / 100)
    assert len(window._seconds) == 3
