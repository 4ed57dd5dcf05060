"""Request ids and trace contexts of strangers and of callers that showed the key."""

import re

import pytest
from tests.edge_stand import KEY, TRACE, http, stand

from resilience.server_events import RequestResent
from resilience.vocabulary import Resend

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
MINTED = re.compile(r"req-[0-9a-f]{12}")


@pytest.mark.parametrize("path", ["/services", "/absent", "/livez"])
def test_a_valid_request_id_comes_back(path: str) -> None:
    """Every answer echoes the id that the client chose."""
    with stand() as server:
        reply = server.get(path, {"X-Request-ID": "Client_1.a-b"})

    assert reply.headers["X-Request-ID"] == "Client_1.a-b"


def test_the_application_runs_under_the_request_id() -> None:
    """The id reaches the worker thread, and is gone with the request."""
    with stand() as server, server.connect() as connection:
        first = connection.ask(http("GET /seen", {"X-Request-ID": "one"})).json()["request_id"]
        second = connection.ask(http("GET /seen")).json()["request_id"]

    assert first == "one"
    assert MINTED.fullmatch(second)


@pytest.mark.fault(75)
@pytest.mark.parametrize(
    "value",
    ["", "a" * 65, "with space", "esc\x1b[31m", "caf\xe9", "a\tb", 'quote"', "fold\r\n more"],
)
def test_an_invalid_request_id_is_replaced_or_the_request_refused(value: str) -> None:
    """What is not 1 to 64 safe characters never comes back."""
    with stand() as server:
        reply = server.get("/services", {"X-Request-ID": value})

    assert reply.status in (200, 400)
    assert MINTED.fullmatch(reply.headers["X-Request-ID"])


@pytest.mark.fault(75)
def test_an_enormous_request_id_is_refused() -> None:
    """A header of 200 kB is a 431, whatever its name."""
    with stand() as server:
        reply = server.get("/services", {"X-Request-ID": "a" * 200_000})

    assert reply.status == 431
    assert MINTED.fullmatch(reply.headers["X-Request-ID"])


@pytest.mark.fault(73)
def test_the_trace_context_of_a_stranger_is_kept_apart() -> None:
    """The application does not see it as its parent; it may link to it."""
    with stand() as server:
        seen = server.get("/seen", {"traceparent": PARENT, "tracestate": "a=1"}).json()

    assert seen["headers"] == {"HTTP_HOST": "test"}
    assert seen["untrusted"] == {"traceparent": PARENT, "tracestate": "a=1"}


@pytest.mark.fault(73)
@pytest.mark.parametrize(
    "parent",
    [
        PARENT.replace("00-", "ff-", 1),
        PARENT.upper(),
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
        PARENT + "-more",
        "junk",
    ],
)
def test_a_malformed_trace_context_is_ignored(parent: str) -> None:
    """It is neither followed nor linked."""
    with stand() as server:
        seen = server.get("/seen", {"traceparent": parent}).json()

    assert seen == {
        "headers": {"HTTP_HOST": "test"},
        "request_id": seen["request_id"],
        "untrusted": None,
    }


@pytest.mark.fault(73)
def test_a_huge_tracestate_is_dropped() -> None:
    """10 kB of tracestate do not travel on; the parent that came with it does."""
    with stand() as server:
        seen = server.get(
            "/seen", {"traceparent": PARENT, "tracestate": "a=" + "b" * 10_000}
        ).json()

    assert seen["untrusted"] == {"traceparent": PARENT}


@pytest.mark.fault(73)
def test_the_trace_context_of_a_trusted_caller_is_passed_on() -> None:
    """Whoever shows the key is followed."""
    headers = {"traceparent": PARENT, "tracestate": "a=1", "X-Trusted-Key": KEY}
    with stand(trusted_key=KEY) as server:
        seen = server.get("/seen", headers).json()

    assert seen["untrusted"] is None
    assert seen["headers"] == {
        "HTTP_HOST": "test",
        "HTTP_TRACEPARENT": PARENT,
        "HTTP_TRACESTATE": "a=1",
    }


@pytest.mark.fault(74)
@pytest.mark.parametrize("key", ["", KEY])
def test_baggage_stops_at_the_edge(key: str) -> None:
    """Nobody's baggage reaches the application, not even that of a trusted caller."""
    with stand(trusted_key=KEY) as server:
        seen = server.get("/seen", {"baggage": "email=canary@example.org", "X-Trusted-Key": key})

    assert b"canary" not in seen.body


def test_a_refusal_links_to_a_stranger_and_follows_a_trusted_caller() -> None:
    """The span that the edge opens is given the context, and whether to trust it."""
    with stand(limits="1/minute", trusted_key=KEY) as server:
        for headers in ({}, {"X-Trusted-Key": KEY}):
            for _ in range(2):
                server.get("/services", {"traceparent": PARENT, **headers}, "127.0.7.7")

    carrier = {"traceparent": PARENT}
    assert server.spans == [
        ("GET /services", carrier, False),
        ("GET /services", carrier, True),
        ("GET /services", carrier, True),
    ]


def test_every_answer_names_its_trace() -> None:
    """X-Trace-Id is on what the application answers and on what the edge refuses."""
    with stand(limits="1/minute") as server:
        traces = [server.get("/services").headers["X-Trace-Id"] for _ in range(2)]

    assert traces == [TRACE, TRACE]


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        ("1", []),
        ("2", [RequestResent(http_route="/services", resend=Resend.SECOND)]),
        ("9", [RequestResent(http_route="/services", resend=Resend.MORE)]),
        ("-2", []),
        ("two", []),
    ],
)
def test_a_resent_request_is_told_of(attempt: str, told: list[RequestResent]) -> None:
    """X-Request-Attempt above 1 counts as a resend; anything else as a first send."""
    with stand() as server:
        server.get("/services", {"X-Request-Attempt": attempt})

    assert server.told(RequestResent) == told
