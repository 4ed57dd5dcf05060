"""What the agent's user is told, and what each signal says, when the way to the API is broken."""

import threading

import pytest
from tests.integration.stack.conftest import House
from tests.stack_http import Answer, ask, new_user, wish
from tests.stack_process import ATTEMPT_S, until

from wire import Drop, Hang, Reset, Rule, Truncate


def book(house: House, body: object, user: str = "", **headers: str) -> Answer:
    """Book through the agent."""
    return ask(house.agent.port, "POST /book", body, headers, user=user or new_user())


@pytest.mark.fault(1)
def test_a_refused_connection_is_tried_four_times_and_then_told(house: House) -> None:
    """Every attempt is a span, an increment and a line, though none reached the wire."""
    body, known = wish(house.api.port), house.proxy.ledger.total
    before = house.agent.total("resilience_attempts_total")
    house.proxy.stop_listening()
    try:
        answer = book(house, body)
    finally:
        house.proxy.listen_again()
    spans = house.spans(answer.trace_id, "POST /book")
    attempts = [span for span in spans if span.name == "GET /services"]

    assert (answer.status, answer.json()["type"]) == (502, "/problems/unavailable")
    assert answer.json()["error"] == (
        "The booking service failed 4 times in a row. Nothing was changed; try again later."
    )
    assert house.proxy.ledger.total == known
    assert [span.attributes["resilience.error_type"] for span in attempts] == ["connection"] * 4
    assert house.agent.total("resilience_attempts_total") - before == 4
    assert len(house.agent.lines("attempt.finished", answer.trace_id)) == 4
    assert sum(span.name == "resilience.retry" for span in spans) == 3


@pytest.mark.fault(3)
def test_a_service_that_never_answers_is_given_up_on_the_clock(house: House) -> None:
    """The attempt ends after its time, here 0.5 s, and the next one succeeds."""
    body = wish(house.api.port)
    known = house.plan(Rule(path="/services", nth=(1,), fault=Hang()))
    answer = book(house, body)
    spans = house.spans(answer.trace_id, "POST /book", "resilience.timeout")
    (timeout,) = [span for span in spans if span.name == "resilience.timeout"]
    house.proxy.ledger.wait_for(known + 4)

    assert answer.status == 201
    assert timeout.duration_s == pytest.approx(ATTEMPT_S, abs=0.2)
    assert timeout.attributes["resilience.phase"] == "read"
    assert [entry.client_closed_early for entry in house.proxy.ledger.entries(known)] == [
        True,
        False,
        False,
        False,
    ]


def test_the_agent_has_threads_for_many_who_wait(house: House) -> None:
    """More than the API, which waits for nobody: a few hung calls must not hold up the others."""
    workers = [server.total("http_server_workers") for server in (house.api, house.agent)]

    assert workers == [8, 32]


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    "fault", [Truncate(body_bytes=20), Truncate(then="reset"), Reset(when="mid_body")], ids=repr
)
def test_a_broken_answer_to_a_booking_is_asked_for_again(house: House, fault: Truncate) -> None:
    """It is neither success nor failure: the same key gets the stored answer."""
    body, rows = wish(house.api.port), len(house.api.rows())
    known = house.plan(Rule(method="POST", nth=(1,), fault=fault))
    answer = book(house, body)
    house.proxy.ledger.wait_for(known + 4)
    posted = [e for e in house.proxy.ledger.entries(known) if e.method == "POST"]

    assert answer.status == 201
    assert len(house.api.rows()) == rows + 1
    assert [(entry.attempt, entry.upstream_status) for entry in posted] == [(1, 201), (2, 201)]
    assert len({entry.idempotency_key for entry in posted}) == 1


@pytest.mark.fault(10)
def test_a_key_that_is_still_in_flight_is_waited_for(house: House) -> None:
    """The first attempt is held in the database; its resend gets a 409, then the result."""
    body, rows, known = wish(house.api.port), len(house.api.rows()), house.plan()
    answers: list[Answer] = []
    with house.api.write_lock() as release:
        booking = threading.Thread(target=lambda: answers.append(book(house, body)))
        booking.start()
        until(lambda: house.agent.lines("attempt.finished")[-1]["error_type"] == "409")
        release()
        booking.join(10)
    posted = [e for e in house.proxy.ledger.entries(known) if e.method == "POST"]
    last = house.agent.lines("attempt.finished")[-1]

    assert [answer.status for answer in answers] == [201]
    assert len(house.api.rows()) == rows + 1
    assert len({entry.idempotency_key for entry in posted}) == 1
    assert "409" in {str(entry.status) for entry in posted}
    assert (last["error_type"], last["http_response_status_code"]) == ("", "201")


def _rejected_and_received(house: House) -> tuple[float, float]:
    """The 429s that the API counted, and those that the agent did."""
    rejected = house.api.total("rate_limiting_requests_total", result="rejected")
    return rejected, house.agent.total("resilience_rate_limited_total")


@pytest.mark.fault(11)
def test_both_sides_count_the_same_429(house: House) -> None:
    """The eleventh request of a user, through the agent, is refused once and told once."""
    user, known = new_user(), house.plan()
    before = _rejected_and_received(house)
    for _ in range(3):
        assert book(house, wish(house.api.port), user).status == 201
    refused = book(house, wish(house.api.port), user)
    after = _rejected_and_received(house)
    spans = house.spans(
        refused.trace_id, "resilience.rate_limited", "GET /availability", "GET /availability"
    )
    lines = [
        house.api.lines("rate_limiting.reject", refused.trace_id),
        house.agent.lines("rate_limited.received", refused.trace_id),
    ]
    house.proxy.ledger.wait_for(known + 11)
    wait_s = int(refused.headers["Retry-After"])

    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1]
    assert [len(each) for each in lines] == [1, 1]
    assert [each[0]["retry_after_s"] for each in lines] == [wait_s, wait_s]
    assert [entry.status for entry in house.proxy.ledger.entries(known)].count(429) == 1
    assert sorted(s.name for s in spans if "resilience.retry_after_s" in s.attributes) == [
        "GET /availability",
        "resilience.rate_limited",
    ]
    assert (refused.status, refused.json()["error"]) == (
        429,
        f"Too many requests: try again in {wait_s} s.",
    )
    assert 1 <= wait_s <= 60


@pytest.mark.fault(6)
def test_a_repeated_key_finds_the_alternative_that_was_booked_unheard(house: House) -> None:
    """The wished start was another's; the booking of the next one was never told, and is found."""
    body, user, key = (
        wish(house.api.port, on_taken="take"),
        new_user(),
        {"Idempotency-Key": "again"},
    )
    assert book(house, body).status == 201
    rows = house.api.rows()
    alternative = {"header_name": "Idempotency-Key", "header_value": "again-1"}
    house.plan(Rule(**alternative, every=True, fault=Drop(then="reset")))  # type: ignore[arg-type]  # fields of several types
    unheard = ask(house.agent.port, "POST /book", body, key, user=user)
    house.plan()
    found = ask(house.agent.port, "POST /book", body, key, user=user)
    new = {*house.api.rows()} - {*rows}

    assert (unheard.status, unheard.json()["type"]) == (502, "/problems/outcome-unknown")
    assert found.status == 201
    assert new == {(found.json()["appointment"]["confirmation_number"], "confirmed")}
