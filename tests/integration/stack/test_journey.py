"""One booking through two faults, as four records tell it."""

import re
from collections import Counter
from dataclasses import dataclass

import pytest
from tests.integration.stack.conftest import House
from tests.stack_http import Answer, ask, wish
from tests.stack_process import Server, until

from resilience.telemetry.trace import SpanRecord
from wire import Drop, Entry, Rule, Status

FAULTS = (
    Rule(method="POST", nth=(1,), fault=Status(status=503)),
    Rule(method="POST", nth=(2,), fault=Drop()),
)
SPANS = {
    ("booking-agent", "POST /book"): 1,
    ("booking-agent", "book_appointment"): 1,
    ("booking-agent", "list_services"): 1,
    ("booking-agent", "GET /services"): 1,
    ("booking-api", "GET /services"): 1,
    ("booking-api", "list_services"): 1,
    ("booking-api", "SELECT services"): 1,
    ("booking-agent", "get_availability"): 1,
    ("booking-agent", "GET /availability"): 1,
    ("booking-api", "GET /availability"): 1,
    ("booking-api", "get_availability"): 1,
    ("booking-api", "SELECT claims"): 1,
    ("booking-agent", "create_appointment"): 1,
    ("booking-agent", "POST /appointments"): 3,
    ("booking-agent", "resilience.retry"): 2,
    ("booking-agent", "resilience.timeout"): 1,
    ("booking-api", "POST /appointments"): 2,
    ("booking-api", "create_appointment"): 2,
    ("booking-api", "INSERT appointments"): 2,
    ("booking-api", "http.server.resent"): 2,
}
COUNTERS = (
    "resilience_attempts_total",
    "resilience_retries_total",
    "resilience_timeouts_total",
    "resilience_operations_total",
    "http_client_request_duration_seconds_count",
)


@dataclass(frozen=True, slots=True)
class Journey:
    """One booking and everything that was written about it."""

    house: House
    answer: Answer
    ledger: list[Entry]
    spans: list[SpanRecord]
    counted: dict[str, float]
    rows_before: int

    def attempts(self) -> list[SpanRecord]:
        """The agent's attempts, in order."""
        found = [s for s in self.spans if s.kind == "client" and "url.template" in s.attributes]
        return sorted(found, key=lambda span: span.start_ns)

    def lines(self, event: str) -> int:
        """How many log lines of the event the agent wrote for this trace."""
        return len(self.house.agent.lines(event, self.answer.trace_id))


@pytest.fixture(scope="module")
def journey(house: House) -> Journey:
    """A booking whose first attempt meets a 503, and whose second is done but not answered."""
    body = wish(house.api.port)
    rows = len(house.api.rows())
    before = {name: house.agent.total(name) for name in COUNTERS}
    known = house.plan(*FAULTS)
    answer = ask(house.agent.port, "POST /book", body, {"X-Request-ID": "journey-1"})
    assert answer.status == 201, answer.body
    house.proxy.ledger.wait_for(known + 5)
    spans = house.spans(
        answer.trace_id, "POST /book", *["POST /appointments"] * 5, "http.server.resent"
    )
    counted = {name: house.agent.total(name) - before[name] for name in COUNTERS}
    house.plan()
    return Journey(house, answer, house.proxy.ledger.entries(known), spans, counted, rows)


@pytest.mark.fault(6)
def test_the_booking_was_made_once_and_is_there(journey: Journey) -> None:
    """Three attempts, one of them done without an answer: one row, which anybody can read."""
    booked = journey.answer.json()["appointment"]
    found = ask(journey.house.api.port, f"GET /appointments/{booked['confirmation_number']}")

    assert (journey.answer.status, found.status) == (201, 200)
    kept = found.json()["appointment"]
    assert {name: kept[name] for name in booked} == booked
    assert len(journey.house.api.rows()) == journey.rows_before + 1


def test_the_trace_has_exactly_the_spans_that_the_booking_took(journey: Journey) -> None:
    """From the agent's server to the API's database, nothing missing and nothing twice."""
    assert Counter((span.service, span.name) for span in journey.spans) == SPANS


def test_the_trace_is_one_tree(journey: Journey) -> None:
    """Every span but the first has a parent that was exported, and SERVER follows CLIENT."""
    known = {span.span_id: span for span in journey.spans}
    roots = [span for span in journey.spans if not span.parent_id]
    served = [s for s in journey.spans if s.service == "booking-api" and s.kind == "server"]

    assert [(span.name, span.kind) for span in roots] == [("POST /book", "server")]
    assert {s.parent_id for s in journey.spans if s.parent_id} <= known.keys()
    assert [known[span.parent_id].kind for span in served] == ["client"] * 4
    assert all(span.end_ns >= span.start_ns for span in journey.spans)


def test_ledger_spans_counters_and_lines_agree_on_the_attempts(journey: Journey) -> None:
    """What crossed the wire is what each of the others says was sent."""
    counts = (
        len(journey.ledger),
        len(journey.attempts()),
        journey.counted["resilience_attempts_total"],
        journey.counted["http_client_request_duration_seconds_count"],
        journey.lines("attempt.finished"),
    )

    assert counts == (5,) * 5


def test_ledger_and_spans_agree_attempt_by_attempt(journey: Journey) -> None:
    """Each entry names the span that sent it, how often it had been sent, and what came back."""
    entries = sorted(journey.ledger, key=lambda entry: entry.started_s)

    assert [
        (entry.parent_span_id, entry.attempt - 1, entry.status or None) for entry in entries
    ] == [
        (
            span.span_id,
            span.attributes.get("http.request.resend_count", 0),
            span.attributes.get("http.response.status_code"),
        )
        for span in journey.attempts()
    ]


def test_all_agree_on_the_retries(journey: Journey) -> None:
    """Resent requests, resent attempts, waits, increments and lines: two of each."""
    resent = [s for s in journey.attempts() if "http.request.resend_count" in s.attributes]
    counts = (
        sum(entry.attempt > 1 for entry in journey.ledger),
        len(resent),
        journey.counted["resilience_retries_total"],
        journey.lines("retry.started"),
    )

    assert counts == (2,) * 4


def test_all_agree_on_the_timeout(journey: Journey) -> None:
    """The client hung up once, and says so once in each signal."""
    counts = (
        sum(entry.client_closed_early for entry in journey.ledger),
        sum(span.name == "resilience.timeout" for span in journey.spans),
        journey.counted["resilience_timeouts_total"],
        journey.lines("timeout.elapsed"),
    )

    assert counts == (1,) * 4


def test_all_agree_on_the_operations(journey: Journey) -> None:
    """Three calls, each ended once."""
    assert journey.counted["resilience_operations_total"] == 3
    assert journey.lines("operation.finished") == 3


def test_one_request_id_and_one_trace_id_everywhere(journey: Journey) -> None:
    """Ledger, log lines of both processes and the answer's headers name the same two ids."""
    house, trace = journey.house, journey.answer.trace_id
    lines = [*house.agent.lines(trace_id=trace), *house.api.lines(trace_id=trace)]

    assert re.fullmatch("[0-9a-f]{32}", trace)
    assert journey.answer.headers["X-Request-ID"] == "journey-1"
    assert {(entry.trace_id, entry.request_id) for entry in journey.ledger} == {
        (trace, "journey-1")
    }
    assert {line["request_id"] for line in lines} == {"journey-1"}
    assert len({line["service"] for line in lines}) == 2


def test_every_log_line_of_the_journey_resolves_to_a_span(journey: Journey) -> None:
    """No line names a span that nobody exported."""
    house, trace = journey.house, journey.answer.trace_id
    lines = [*house.agent.lines(trace_id=trace), *house.api.lines(trace_id=trace)]

    assert {line["span_id"] for line in lines} <= {span.span_id for span in journey.spans}


@pytest.mark.fault(6)
def test_the_stored_answer_is_told_as_a_replay(journey: Journey) -> None:
    """The server says of itself that it booked once and repeated its answer once."""
    results = Counter(
        span.attributes["booking.result"]
        for span in journey.spans
        if "booking.result" in span.attributes
    )

    assert results == {"created": 1, "replayed": 1}


@pytest.mark.fault(67)
@pytest.mark.parametrize("part", ["api", "agent"])
def test_what_was_delivered_is_what_the_collector_has(journey: Journey, part: str) -> None:
    """Spans made, delivered and received are equal, and none was dropped."""
    house, server = journey.house, getattr(journey.house, part)
    until(lambda: len({*_spans_of(house, f"booking-{part}", server)[:2]}) == 1)
    made, delivered, received = _spans_of(house, f"booking-{part}", server)

    assert made == delivered == received
    assert server.total("telemetry_dropped_total") == 0


def _spans_of(house: House, service: str, server: Server) -> tuple[float, ...]:
    """Spans made and delivered, as the process says, and received, as the collector knows."""
    text = server.metrics()
    said = [_sample(text, f"telemetry_{what}_total") for what in ("made", "delivered")]
    return (*said, sum(span.service == service for span in house.receiver.spans()))


def _sample(text: str, name: str) -> float:
    found = re.search(rf'^{name}{{signal="span"}} (\S+)$', text, re.MULTILINE)
    assert found is not None
    return float(found[1])
