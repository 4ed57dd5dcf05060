"""Spans for events and round work: their ids, attributes, parents and statuses."""

from contextlib import suppress
from typing import Any

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.span import TraceState

from resilience.client_events import OperationFinished, RetryStarted
from resilience.events import SpanKind
from resilience.telemetry.recorded_span import Ids
from resilience.telemetry.spans import (
    NO_IDS,
    beginning,
    carry,
    current_ids,
    current_trace_id,
    ids_of,
    remote_context,
)
from resilience.testing.signals import Signals
from resilience.vocabulary import DelaySource, ErrorType, Outcome, StopReason

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def signals() -> Any:
    """The three signals of one test."""
    with Signals() as found:
        yield found


def finished(**changes: Any) -> OperationFinished:
    """The end of an operation."""
    given = {
        "target": "api",
        "operation": "get_appointment",
        "outcome": Outcome.SUCCESS,
        "retried": False,
        "stop_reason": StopReason.NONE,
        "error_type": ErrorType.NONE,
        "attempts": 1,
        "waited_s": 0.0,
        "deadline_s": 67.0,
        "duration_s": 0.5,
    }
    return OperationFinished(**{**given, **changes})


def test_ids_are_hexadecimal_and_those_of_the_current_span(signals: Signals) -> None:
    """Inside a span there are ids, outside there are none."""
    with signals.observe("work") as span:
        inside = (current_ids(), current_trace_id())
    (record,) = signals.spans("work")
    assert inside == (Ids(record.trace_id, record.span_id, True), record.trace_id)
    assert isinstance(span, trace.Span)
    assert ids_of(span) == inside[0]
    assert (current_ids(), current_trace_id(), ids_of(trace.INVALID_SPAN)) == (NO_IDS, "", NO_IDS)


def test_an_event_completes_the_current_span(signals: Signals) -> None:
    """Its fields become the attributes of the span that is current, under their names."""
    with signals.observe("resilience.operation", attributes={"a": 1}):
        signals.emit(finished(attempts=2, retried=True))
    (record,) = signals.spans()
    assert (record.name, record.kind, record.status) == (
        "resilience.operation",
        "internal",
        "unset",
    )
    assert record.attributes == {
        "a": 1,
        "resilience.outcome": "success",
        "resilience.retried": True,
        "resilience.stop_reason": "none",
        "resilience.attempts": 2,
        "resilience.waited_s": 0.0,
        "resilience.deadline_s": 67.0,
    }


def test_a_failed_event_fails_the_current_span(signals: Signals) -> None:
    """The error type is an attribute, and the status says error without a text."""
    with signals.observe("work"):
        signals.emit(finished(outcome=Outcome.ERROR, error_type=ErrorType.UNAVAILABLE))
    (record,) = signals.spans()
    assert (record.status, record.attributes["error.type"]) == ("error", "503")


def test_a_rescued_operation_names_no_error(signals: Signals) -> None:
    """An error type on a success is not an error of the span."""
    with signals.observe("work"):
        signals.emit(finished(error_type=ErrorType.NOT_FOUND))
    (record,) = signals.spans()
    assert (record.status, "error.type" in record.attributes) == ("unset", False)


def test_an_event_outside_any_span_makes_none_of_the_current_kind(signals: Signals) -> None:
    """What completes a span does not invent one."""
    signals.emit(finished())
    assert signals.spans() == []


def test_an_own_span_stands_under_the_current_one(signals: Signals) -> None:
    """A short span of its own has the event's name, its parent and its fields."""
    with signals.observe("work", SpanKind.CLIENT):
        signals.emit(
            RetryStarted(
                target="api",
                operation="get_appointment",
                reason=ErrorType.UNAVAILABLE,
                source=DelaySource.BACKOFF,
                attempt=2,
                delay_s=0.0,
            )
        )
    own, work = signals.spans()
    assert (own.name, own.kind, own.trace_id, own.parent_id, work.kind) == (
        "resilience.retry",
        "internal",
        work.trace_id,
        work.span_id,
        "client",
    )
    assert own.attributes == {
        "resilience.target": "api",
        "resilience.operation": "get_appointment",
        "resilience.reason": "503",
        "resilience.source": "backoff",
        "resilience.attempt": 2,
        "resilience.delay_s": 0.0,
    }


def test_an_exception_passes_and_fails_the_span_round_it(signals: Signals) -> None:
    """Its type is told; its text, which may quote a person, is not."""
    with pytest.raises(ZeroDivisionError), signals.observe("work"):
        raise ZeroDivisionError("ana@example.com")
    (record,) = signals.spans()
    assert (record.status, record.attributes) == ("error", {"error.type": "ZeroDivisionError"})
    (ended,) = signals.finished()
    assert (ended.events, ended.status.description) == ((), None)


def test_an_exception_does_not_replace_what_the_event_said(signals: Signals) -> None:
    """The event's error type is the better one."""
    with suppress(ZeroDivisionError), signals.observe("work"):
        signals.emit(finished(outcome=Outcome.ERROR, error_type=ErrorType.DEADLINE))
        raise ZeroDivisionError
    assert signals.spans()[0].attributes["error.type"] == "deadline"


def test_a_span_is_current_only_while_its_block_runs(signals: Signals) -> None:
    """Afterwards the one before is current again."""
    with signals.observe("outer"):
        outside = current_ids()
        with signals.observe("inner"):
            assert current_ids() != outside
        assert current_ids() == outside
    assert current_ids() == NO_IDS


@pytest.mark.fault(73, 74)
def test_a_strangers_context_is_a_link_from_a_new_root(signals: Signals) -> None:
    """Neither its trace, nor its choice to be unsampled, nor its state is taken over."""
    carrier = {"traceparent": f"00-{TRACE}-{SPAN}-00", "tracestate": "a=1", "baggage": "who=ana"}
    with signals.telemetry.serve("GET other", carrier, False, {"a": 1}):
        assert baggage.get_all() == {}
    (record,) = signals.spans()
    (ended,) = signals.finished()
    assert (record.kind, record.parent_id, record.links) == ("server", "", (TRACE,))
    assert record.trace_id != TRACE
    assert dict(ended.links[0].context.trace_state) == {}


def test_a_trusted_callers_span_is_the_parent(signals: Signals) -> None:
    """Its trace goes on, with its state."""
    carrier = {"traceparent": PARENT, "tracestate": "a=1"}
    with signals.telemetry.serve("GET other", carrier, True, {}):
        pass
    (record,) = signals.spans()
    (ended,) = signals.finished()
    assert (record.trace_id, record.parent_id, record.links) == (TRACE, SPAN, ())
    assert dict(ended.context.trace_state) == {"a": "1"}


@pytest.mark.parametrize("trusted", [True, False])
def test_a_served_request_without_a_context_is_a_root(signals: Signals, trusted: bool) -> None:
    """Even when something else is current where it is served."""
    with signals.observe("elsewhere"), signals.telemetry.serve("GET other", {}, trusted, {}):
        pass
    (record,) = signals.spans("GET other")
    assert (record.parent_id, record.links) == ("", ())


@pytest.mark.fault(73)
@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-extra",
        "x" * 10_000,
    ],
)
def test_a_malformed_context_is_ignored(header: str) -> None:
    """What is not a traceparent names no span: there is neither a parent nor a link."""
    within = Context({"a": 1})
    for trusted in (True, False):
        carrier = {"traceparent": header}
        assert beginning(carrier, trusted=trusted, within=within) == (within, ())
    assert remote_context({"traceparent": header}) is None


def test_work_keeps_the_baggage_of_its_context(signals: Signals) -> None:
    """A span round work changes nothing else in the context."""
    token = attach(baggage.set_baggage("a", "1"))
    with signals.observe("work"):
        assert baggage.get_all() == {"a": "1"}
    detach(token)


@pytest.mark.parametrize("state", ["", "a=1,b=2"])
@pytest.mark.parametrize("flags", [0, 1, 3])
def test_a_span_is_carried_as_it_is_read(state: str, flags: int) -> None:
    """What is written names the same span to a reader, and is what OpenTelemetry writes."""
    context = trace.SpanContext(
        int(TRACE, 16),
        int(SPAN, 16),
        False,
        trace.TraceFlags(flags),
        TraceState.from_header([state]),
    )
    ours: dict[str, str] = {}
    official: dict[str, str] = {}
    carry(trace.NonRecordingSpan(context), ours)
    TraceContextTextMapPropagator().inject(
        official, trace.set_span_in_context(trace.NonRecordingSpan(context))
    )
    read = remote_context(ours)

    assert ours == official
    assert read is not None
    assert (read.trace_id, read.span_id, read.trace_flags, dict(read.trace_state)) == (
        context.trace_id,
        context.span_id,
        context.trace_flags,
        dict(context.trace_state),
    )


def test_a_span_that_is_none_is_not_carried() -> None:
    """Where telemetry is switched off, nothing is sent along."""
    headers: dict[str, str] = {}
    carry(trace.INVALID_SPAN, headers)
    assert headers == {}
