"""Every history of the breaker up to a depth, in virtual time, against an independent model."""

from typing import Any
from unittest.mock import patch

import pytest
from tests.breaker_tree import STEPS, walk

from resilience.breaker import CircuitBreaker
from resilience.options import BreakerOptions, WindowOptions
from resilience.window import CallWindow, Streak

REST: dict[str, Any] = {"open_for_s": 10.0, "probe_expires_s": 7.0}
WINDOW: dict[str, Any] = {"minimum_calls": 2, "slow_call_rate": 0.5, "slow_call_s": 4.0}
ONE_PROBE = BreakerOptions(failure_threshold=2, **REST)
TWO_PROBES = BreakerOptions(failure_threshold=2, probes=2, **REST)
BY_CALLS = BreakerOptions(window=WindowOptions(size=3, **WINDOW), **REST)
BY_TIME = BreakerOptions(window=WindowOptions(counts="time", size=8, **WINDOW), **REST)


@pytest.mark.fault(17, 19, 20)
@pytest.mark.parametrize(
    ("options", "depth"),
    [(ONE_PROBE, 8), (TWO_PROBES, 8), (BY_CALLS, 6), (BY_TIME, 5)],
    ids=["one probe", "two probes", "window of calls", "window of seconds"],
)
def test_every_history_agrees_with_the_model(options: BreakerOptions, depth: int) -> None:
    """Admissions, rests, states, what is told and what is summed up, after each step of each."""
    walked = walk(options, depth)

    assert walked.difference == ""
    assert walked.histories == len(STEPS) ** depth
    assert walked.states > 200


@pytest.mark.parametrize(
    ("place", "name", "wrong"),
    [
        (Streak, "_is_long", lambda self: self._failures > self._threshold),
        (Streak, "clear", lambda self: None),
        (CallWindow, "clear", lambda self: None),
        (CircuitBreaker, "_rest_locked", lambda self, now_s: self._options.open_for_s),
    ],
    ids=["one failure late", "failures kept", "calls kept", "rest from anew"],
)
def test_a_breaker_that_is_wrong_is_found(place: type, name: str, wrong: Any) -> None:
    """The walk can fail: the history that shows the mistake is named."""
    options = BY_CALLS if place is CallWindow else ONE_PROBE
    with patch.object(place, name, wrong):
        assert walk(options, 5).difference != ""
