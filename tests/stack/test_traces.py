"""Traces reach Jaeger whole, and say what the wire's ledger says."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from tests.stack import jaeger_api
from tests.stack.stack import Stack
from tests.stack.story import Scene

from resilience.telemetry.trace import SpanRecord
from wire import Entry

BOOKING = """
booking-agent server POST /book
  booking-agent internal book_appointment
    booking-agent internal list_services
      booking-agent client GET /services
        booking-api server GET /services
          booking-api internal list_services
            booking-api client SELECT services
    booking-agent internal get_availability
      booking-agent client GET /availability
        booking-api server GET /availability
          booking-api internal get_availability
            booking-api client SELECT claims
    booking-agent internal create_appointment
      booking-agent client POST /appointments
      booking-agent internal resilience.retry
      booking-agent client POST /appointments
        booking-agent internal resilience.timeout
        booking-api server POST /appointments
          booking-api internal create_appointment
            booking-api client INSERT appointments
          booking-api internal http.server.resent
      booking-agent internal resilience.retry
      booking-agent client POST /appointments
        booking-api server POST /appointments
          booking-api internal create_appointment
            booking-api client INSERT appointments
          booking-api internal http.server.resent
"""


@pytest.fixture(scope="module")
def booked(stack: Stack, story: Mapping[str, Scene]) -> Sequence[SpanRecord]:
    """The spans that Jaeger has of the booking that took three attempts."""
    trace_id, count = story["three attempts"].trace_id, len(BOOKING.strip().splitlines())
    return jaeger_api.settled(stack.where.jaeger, trace_id, count)


def test_a_booking_of_three_attempts_is_one_tree(booked: Sequence[SpanRecord]) -> None:
    """From the user's request to the database, in both services, nothing missing or doubled."""
    assert "\n".join(_tree(booked, "")) == BOOKING.strip()


def test_each_request_on_the_wire_is_a_client_span_of_the_agent(
    booked: Sequence[SpanRecord], story: Mapping[str, Scene]
) -> None:
    """Ids, status and number of the attempt are those that the ledger saw cross."""
    sent = {span.span_id: span for span in booked if "url.template" in span.attributes}
    entries = story["three attempts"].entries
    assert {span_id: _told(span) for span_id, span in sent.items()} == {
        entry.parent_span_id: _wanted(entry) for entry in entries
    }
    assert {span.service for span in sent.values()} == {"booking-agent"}


def test_each_request_that_the_api_answered_is_a_server_span_below(
    booked: Sequence[SpanRecord], story: Mapping[str, Scene]
) -> None:
    """Also the one whose answer was lost; the one that never arrived has none."""
    served = {
        span.parent_id: span.attributes["http.response.status_code"]
        for span in booked
        if (span.service, span.kind) == ("booking-api", "server")
    }
    assert served == {
        entry.parent_span_id: entry.upstream_status
        for entry in story["three attempts"].entries
        if entry.upstream_status
    }


SEARCHES = {
    "told to wait": ("booking-agent", "resilience.rate_limited"),
    "timeout": ("booking-agent", "resilience.timeout"),
    "opening": ("booking-agent", "resilience.circuit_breaker.transition"),
    "refused": ("booking-agent", "resilience.circuit_breaker.reject"),
    "failing": ("booking-agent", "resilience.retry_suppressed"),
}


@pytest.mark.parametrize("scene", SEARCHES)
def test_trouble_is_found_by_its_operation(
    stack: Stack, story: Mapping[str, Scene], scene: str
) -> None:
    """A person who chooses the operation in Jaeger's search finds the trace."""
    service, operation = SEARCHES[scene]
    trace_id = story[scene].trace_id
    jaeger_api.settled(stack.where.jaeger, trace_id, 1)
    assert trace_id in jaeger_api.search(stack.where.jaeger, service, operation=operation)


def test_a_refused_request_is_found_by_its_status(stack: Stack, story: Mapping[str, Scene]) -> None:
    """A 429 of the API is one SERVER span, and a search for the tag finds it."""
    trace_id = story["limited"].trace_id
    [span] = jaeger_api.settled(stack.where.jaeger, trace_id, 1)
    assert (span.service, span.kind, span.name) == ("booking-api", "server", "GET /services")
    tags = '{"http.response.status_code":"429"}'
    assert trace_id in jaeger_api.search(stack.where.jaeger, "booking-api", tags=tags)


def _tree(spans: Sequence[SpanRecord], parent: str, depth: int = 0) -> Iterator[str]:
    for span in sorted(spans, key=lambda one: one.start_ns):
        if span.parent_id == parent:
            yield f"{'  ' * depth}{span.service} {span.kind} {span.name}"
            yield from _tree(spans, span.span_id, depth + 1)


def _told(span: SpanRecord) -> tuple[str, object, object]:
    status = span.attributes.get("http.response.status_code")
    return span.name, status, span.attributes.get("http.request.resend_count", 0)


def _wanted(entry: Entry) -> tuple[str, object, object]:
    return f"{entry.method} {entry.path}", entry.status, entry.attempt - 1
