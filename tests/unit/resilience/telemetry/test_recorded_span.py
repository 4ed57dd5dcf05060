"""No span is negative or hours long because somebody set the clock, and none quotes an error."""

import datetime as dt

import pytest
import time_machine
from opentelemetry.trace import Status, StatusCode

from resilience.client_events import RetryStarted
from resilience.testing.signals import Signals
from resilience.vocabulary import DelaySource, ErrorType

NOON = dt.datetime(2030, 1, 7, 12, tzinfo=dt.UTC)
STEPS = pytest.mark.parametrize(
    "step", [dt.timedelta(hours=-1), dt.timedelta(seconds=-1), dt.timedelta(days=1)], ids=str
)


@pytest.mark.fault(77)
@STEPS
def test_a_span_lasts_as_long_as_it_did_whatever_the_wall_clock_says(step: dt.timedelta) -> None:
    """A step of the wall clock in either direction leaves the duration alone."""
    with time_machine.travel(NOON, tick=True) as clock, Signals() as signals:
        with signals.observe("work"):
            clock.shift(step)
        (span,) = signals.spans("work")
    assert 0 <= span.duration_s < 1
    assert abs(span.start_ns / 1e9 - NOON.timestamp()) < 1


@pytest.mark.fault(77)
@STEPS
def test_an_events_own_span_has_the_length_that_the_event_names(step: dt.timedelta) -> None:
    """The span of a wait is as long as the wait, measured on the monotonic clock."""
    with time_machine.travel(NOON, tick=True) as clock, Signals() as signals:
        clock.shift(step)
        signals.emit(retry(delay_s=2.5))
        (span,) = signals.spans()
    assert span.duration_s == pytest.approx(2.5, abs=0.2)
    assert abs(span.end_ns / 1e9 - (NOON + step).timestamp()) < 1


@pytest.mark.parametrize("delay_s", [-5.0, 0.0])
def test_a_wait_of_less_than_nothing_is_a_span_of_no_length(delay_s: float) -> None:
    """A measured time below zero does not give an end before the start."""
    with Signals() as signals:
        signals.emit(retry(delay_s=delay_s))
        (span,) = signals.spans()
    assert 0 <= span.duration_s < 0.2


@pytest.mark.fault(76)
def test_the_status_keeps_its_code_and_loses_its_text() -> None:
    """What an instrumentation writes into the status about an exception does not go out."""
    with Signals() as signals:
        span = signals.telemetry.tracer.start_span("work")
        span.set_status(Status(StatusCode.ERROR, "no such client: ana@example.com"))
        span.end()
        (ended,) = signals.finished()
    assert (ended.status.status_code, ended.status.description) == (StatusCode.ERROR, None)


def retry(delay_s: float) -> RetryStarted:
    """The event of a wait."""
    return RetryStarted(
        target="api",
        operation="get_appointment",
        reason=ErrorType.UNAVAILABLE,
        source=DelaySource.BACKOFF,
        attempt=2,
        delay_s=delay_s,
    )
