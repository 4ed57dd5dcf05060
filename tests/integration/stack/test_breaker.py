"""A service that fails five times in a row is left in peace."""

from collections.abc import Iterator

import pytest
from tests.integration.stack.conftest import House
from tests.stack_http import Answer, ask, wish
from tests.stack_process import Server

from resilience.telemetry.receiver import Receiver
from wire import Plan, Rule, RunningProxy, Status, running_proxy

DOWN = Plan(rules=(Rule(every=True, fault=Status(status=503)),))


@pytest.fixture(scope="module")
def way(house: House) -> Iterator[RunningProxy]:
    """A proxy that answers everything with 503."""
    with running_proxy(f"127.0.0.1:{house.api.port}", DOWN) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A collector for this agent alone."""
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def agent(
    receiver: Receiver, way: RunningProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """An agent with the default breaker."""
    directory = tmp_path_factory.mktemp("resting")
    server = Server("agent", directory, receiver.endpoint, BREAKER_FAILURES=5, API_URL=way.url)
    with server:
        yield server.ready()


@pytest.fixture(scope="module")
def answers(house: House, agent: Server) -> list[Answer]:
    """Three bookings in a row: four attempts, one attempt that opens the circuit, none."""
    body = wish(house.api.port)
    return [ask(agent.port, "POST /book", body) for _ in range(3)]


@pytest.mark.fault(17)
def test_the_user_is_told_when_to_come_back(answers: list[Answer]) -> None:
    """First that the service failed, then that it rests and for how long."""
    resting = [(a.status, a.json()["error"], a.headers["Retry-After"]) for a in answers[1:]]
    sentences = [
        (503, f"The booking service is resting, try again in {wait} s.", wait)
        for _, _, wait in resting
    ]

    assert answers[0].status == 502
    assert resting == sentences
    assert all(55 <= int(wait) <= 60 for _, _, wait in resting)


@pytest.mark.fault(17)
def test_the_fifth_failure_ends_the_operation_without_a_wait(
    answers: list[Answer], way: RunningProxy
) -> None:
    """Of the eight attempts that two operations may make, five were sent."""
    assert [entry.attempt for entry in way.ledger.entries()] == [1, 2, 3, 4, 1]


@pytest.mark.fault(17)
def test_the_opening_is_one_event_in_every_signal(
    answers: list[Answer], receiver: Receiver, agent: Server
) -> None:
    """One span, one increment and one line, all in the trace of the operation that opened it."""
    trace, name = answers[1].trace_id, "resilience.circuit_breaker.transition"
    assert receiver.wait_for(trace, (name, "POST /book"), 5.0)
    spans = [span for span in receiver.spans(trace) if span.name == name]
    lines = agent.lines("circuit_breaker.transition")

    (opened,) = spans
    told = [opened.attributes[f"resilience.{field}"] for field in ("from_state", "to_state")]
    (marked,) = [
        line
        for line in agent.metrics("application/openmetrics-text").splitlines()
        if line.startswith("resilience_circuit_breaker_transitions_total") and "# {" in line
    ]

    assert told == ["closed", "open"]
    assert [(line["trace_id"], line["span_id"]) for line in lines] == [(trace, opened.span_id)]
    assert agent.total("resilience_circuit_breaker_transitions_total") == 1
    assert f'trace_id="{trace}"' in marked
    assert f'span_id="{opened.span_id}"' in marked


def test_a_refused_call_has_no_span_of_an_attempt(
    answers: list[Answer], receiver: Receiver
) -> None:
    """What was not sent is told as a rejection, quickly, and never as an attempt."""
    trace = answers[2].trace_id
    assert receiver.wait_for(trace, ("POST /book",), 5.0)
    spans = receiver.spans(trace)
    (served,) = [span for span in spans if span.name == "POST /book"]

    assert [span.name for span in spans if span.kind == "client"] == []
    assert sum(span.name == "resilience.circuit_breaker.reject" for span in spans) == 1
    assert served.duration_s < 0.2


def test_the_state_is_a_gauge(answers: list[Answer], agent: Server) -> None:
    """The circuit is open, and nothing else, for whoever scrapes."""
    lines = [
        line
        for line in agent.metrics().splitlines()
        if line.startswith("resilience_circuit_breaker_state{") and line.endswith(" 1.0")
    ]

    assert lines == ['resilience_circuit_breaker_state{state="open",target="booking-api"} 1.0']
