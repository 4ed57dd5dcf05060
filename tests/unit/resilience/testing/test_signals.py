"""Signals: what a stranger's test sees of a piece of work."""

import pytest

from resilience.events import ErrorType, RetrySuppressed, StopReason
from resilience.testing.signals import Signals

EVENT = RetrySuppressed(
    target="api",
    operation="get_appointment",
    stop_reason=StopReason.DEADLINE,
    reason=ErrorType.UNAVAILABLE,
    attempt=2,
)
LABELS = {"target": "api", "operation": "get_appointment", "stop_reason": "deadline"}
NAME = "resilience_retries_suppressed_total"


def test_all_three_signals_of_an_event_can_be_asked_for() -> None:
    """By name, and with all that was recorded."""
    with Signals() as signals:
        signals.emit(EVENT)
        assert [span.name for span in signals.spans()] == ["resilience.retry_suppressed"]
        assert [line["event"] for line in signals.lines()] == ["retry.suppressed"]
        assert (signals.value(NAME, **LABELS), signals.total(NAME, target="api")) == (1.0, 1.0)
        assert (signals.spans("other"), signals.lines("other")) == ([], [])
        assert len(signals.finished()) == 1


def test_what_was_written_is_there_when_it_is_asked_for() -> None:
    """However soon after the event one asks."""
    with Signals() as signals:
        for number in range(1, 201):
            signals.emit(EVENT)
            assert len(signals.lines("retry.suppressed")) == number


def test_two_of_them_know_nothing_of_each_other() -> None:
    """Each has a provider, a registry and a logger of its own."""
    with Signals() as one, Signals() as other:
        one.emit(EVENT)
        assert (one.total(NAME), other.total(NAME)) == (1.0, 0.0)
        assert (other.spans(), other.lines()) == ([], [])


def test_a_series_that_is_not_there_is_a_key_error() -> None:
    """It is named with its labels, so that a typing error is seen; a sum is 0."""
    with Signals() as signals, pytest.raises(KeyError, match=r"no series nothing with labels"):
        signals.value("nothing", a="b")


def test_domains_can_be_filled() -> None:
    """A value of the given set has its series at 0, and one outside of it is other."""
    with Signals({"target": ("mine",)}) as signals:
        assert signals.value(NAME, **{**LABELS, "target": "mine"}) == 0.0
        signals.emit(EVENT)
        assert signals.value(NAME, **{**LABELS, "target": "other"}) == 1.0
