"""Spans round use cases and queries."""

from collections.abc import Iterator

import pytest

from booking.adapters.tracing import EXPECTED, calm, query_spans, report_to
from booking.domain.errors import (
    KeyInFlight,
    SlotTaken,
    StoreFault,
    StoreUnavailable,
    UnknownAppointment,
)
from booking.events import AppointmentDecided
from booking.service.ports import Outcome
from resilience.declare import Event
from resilience.events import SpanKind
from resilience.testing.signals import Signals


@pytest.fixture
def signals() -> Iterator[Signals]:
    """Real telemetry of its own."""
    captured = Signals()
    yield captured
    captured.close()


@pytest.mark.parametrize("error", [SlotTaken(), KeyInFlight(), UnknownAppointment()], ids=repr)
def test_an_answer_of_booking_fails_no_span(signals: Signals, error: Exception) -> None:
    """A refusal goes through both kinds of span and leaves their status unset."""
    with (
        pytest.raises(EXPECTED),
        calm(signals.observe)("create_appointment"),
        query_spans(signals.observe)("INSERT", "appointments"),
    ):
        raise error
    assert [span.status for span in signals.spans()] == ["unset", "unset"]


@pytest.mark.parametrize("error", [StoreUnavailable(StoreFault.BUSY), KeyError()], ids=repr)
def test_a_failure_fails_every_span(signals: Signals, error: Exception) -> None:
    """What booking did not mean to happen marks the spans with its type."""
    with (
        pytest.raises(type(error)),
        calm(signals.observe)("create_appointment"),
        query_spans(signals.observe)("INSERT", "appointments"),
    ):
        raise error
    told = [(span.status, span.attributes["error.type"]) for span in signals.spans()]
    assert told == [("error", type(error).__name__)] * 2


def test_more_kinds_of_refusal_can_be_named(signals: Signals) -> None:
    """A caller adds its own; the span's kind and attributes are passed on."""
    with (
        pytest.raises(KeyError),
        calm(signals.observe, LookupError)("x", SpanKind.CLIENT, {"a": 1}),
    ):
        raise KeyError
    (span,) = signals.spans()
    assert (span.name, span.kind, span.status, dict(span.attributes)) == (
        "x",
        "client",
        "unset",
        {"a": 1},
    )


def test_a_query_is_named_by_what_it_does_to_which_table(signals: Signals) -> None:
    """The conventions' attributes, and no value of any row."""
    with query_spans(signals.observe)("SELECT", "services"):
        pass
    (span,) = signals.spans()
    assert (span.name, span.kind, dict(span.attributes)) == (
        "SELECT services",
        "client",
        {
            "db.system.name": "sqlite",
            "db.operation.name": "SELECT",
            "db.collection.name": "services",
            "db.query.summary": "SELECT services",
        },
    )


def test_each_outcome_is_reported_as_one_event() -> None:
    """The use cases' report becomes an event, outcome by outcome."""
    told: list[Event] = []
    report = report_to(told.append)
    for outcome in Outcome:
        report(outcome)
    assert told == [AppointmentDecided(result=outcome) for outcome in Outcome]
