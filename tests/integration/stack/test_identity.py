"""Whom a request counts for, and whose trace it joins."""

import pytest
from tests.integration.stack.conftest import House
from tests.stack_http import ask, new_user, wish
from tests.stack_process import KEY

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


@pytest.mark.fault(59)
def test_the_eleventh_request_in_a_minute_is_refused_whatever_the_first_ten_were(
    house: House,
) -> None:
    """Absent paths, unknown methods and bad input count like everything else."""
    user = new_user()
    lines = ["GET /services", "GET /absent", "BREW /services", "GET /health", "PATCH /services"]
    first = [ask(house.api.port, line, user=user).status for line in lines * 2]
    last = [ask(house.api.port, line, user=user) for line in ("GET /services", "GET /other")]

    assert first == [200, 404, 400, 200, 405] * 2
    assert [answer.status for answer in last] == [429, 429]
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in last)


@pytest.mark.fault(60)
def test_each_user_has_a_limit_of_their_own_through_the_agent(house: House) -> None:
    """One user's eleventh request is refused, and another's first is not."""
    greedy, modest = new_user(), new_user()

    def through_agent(user: str) -> int:
        headers = {"X-Trusted-Key": KEY, "X-Forwarded-For": user}
        return ask(house.api.port, "GET /services", headers=headers, user="127.0.0.1").status

    assert [through_agent(greedy) for _ in range(11)] == [200] * 10 + [429]
    assert through_agent(modest) == 200
    assert ask(house.api.port, "GET /services", user=greedy).status == 429


@pytest.mark.fault(60)
@pytest.mark.parametrize("key", ["", "not-the-key-but-long-enough"])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X_Forwarded_For"])
def test_forwarded_addresses_are_ignored_without_the_key(
    house: House, header: str, key: str
) -> None:
    """Whoever changes them with each request is limited all the same."""
    user = new_user()
    statuses = [
        ask(
            house.api.port,
            "GET /services",
            headers={header: f"for={new_user()}" if header == "Forwarded" else new_user()}
            | ({"X-Trusted-Key": key} if key else {}),
            user=user,
        ).status
        for _ in range(11)
    ]

    assert statuses == [200] * 10 + [429]


@pytest.mark.fault(60, 73)
@pytest.mark.parametrize("flags", ["01", "00"])
def test_the_trace_of_a_stranger_becomes_a_link(house: House, flags: str) -> None:
    """Their trace is not ours to write into, and they cannot switch ours off."""
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-{flags}"}
    answer = ask(house.api.port, "GET /services", headers=headers)
    (served,) = [s for s in house.spans(answer.trace_id, "GET /services") if s.kind == "server"]

    assert answer.trace_id != TRACE
    assert (served.parent_id, served.links) == ("", (TRACE,))


@pytest.mark.fault(60)
def test_the_trace_of_whoever_shows_the_key_is_joined(house: House) -> None:
    """The server's span is a child of the caller's."""
    headers = {**PARENT, "X-Trusted-Key": KEY}
    answer = ask(house.api.port, "GET /services", headers=headers)
    spans = house.spans(TRACE, "GET /services", "list_services", "SELECT services")
    (served,) = [span for span in spans if span.kind == "server"]

    assert answer.trace_id == TRACE
    assert (served.parent_id, served.links) == (SPAN, ())


def test_a_strangers_trace_at_the_agent_stays_out_of_the_journey(house: House) -> None:
    """The agent begins a trace of its own, which the API joins; only its root has the link."""
    other = TRACE[::-1]
    headers = {"traceparent": f"00-{other}-{SPAN}-01"}
    answer = ask(house.agent.port, "POST /book", wish(house.api.port), headers)
    spans = house.spans(answer.trace_id, "POST /book", "INSERT appointments")

    assert [span.name for span in spans if span.links] == ["POST /book"]
    assert {span.service for span in spans} == {"booking-agent", "booking-api"}
    assert house.receiver.spans(other) == ()
