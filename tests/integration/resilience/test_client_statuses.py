"""What the protected session makes of statuses and Retry-After headers, over real sockets."""

import socket
import time

import pytest
from requests import Response
from tests.raw_server import OK, Play, RawServer, running

from resilience.declare import Event
from resilience.errors import RateLimited, RetriesExhausted
from resilience.events import RateLimitReceived, RetryAfterRejected
from resilience.http_client import ProtectedSession
from resilience.options import ClientOptions, RetryOptions


def session_to(url: str, events: list[Event] | None = None) -> ProtectedSession:
    """A session whose waits are 10, 20 and 40 ms."""
    options = ClientOptions(base_url=url, retry=RetryOptions(backoff_s=0.01))
    return ProtectedSession(options, emit=([] if events is None else events).append)


def playing(*answers: bytes) -> Play:
    """Answers the requests with these, one after the other, and then with the last."""

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        while server.read(sock):
            sock.sendall(answers[min(len(server.requests), len(answers)) - 1])

    return play


def status(code: int, *headers: bytes) -> bytes:
    """An answer without a body."""
    lines = [b"HTTP/1.1 %d Any" % code, b"Content-Length: 0", *headers]
    return b"\r\n".join([*lines, b"", b""])


@pytest.mark.fault(8)
@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_service_that_fails_to_the_end_is_asked_four_times(code: int) -> None:
    """Each of the four requests has the key of the first, and the caller gets the last answer."""
    with running(playing(status(code))) as server, session_to(server.url) as session:
        with pytest.raises(RetriesExhausted) as caught:
            session.post("/appointments", json={}, idempotency_key="one")
        keys = [b"Idempotency-Key: one" in head.split(b"\r\n") for head in server.requests]

    last = caught.value.response
    assert isinstance(last, Response)
    assert (last.status_code, keys) == (code, [True] * 4)


@pytest.mark.fault(8)
def test_a_service_that_flaps_is_asked_until_it_answers() -> None:
    """Failures of different kinds in turn are retried alike, and no success is asked for twice."""
    flapping = [status(503), OK, status(500), status(502), OK, status(504), OK]
    with running(playing(*flapping)) as server, session_to(server.url) as session:
        codes = [session.get("/services").status_code for _ in range(3)]

    assert (codes, len(server.requests)) == ([200] * 3, 7)
    assert session.breaker.state == "closed"


@pytest.mark.fault(8, 9)
@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 410, 422, 501, 505])
def test_an_answer_that_would_not_change_is_asked_for_once(code: int) -> None:
    """The caller gets it after one request, though it were to come ten times in a row."""
    with running(playing(status(code))) as server, session_to(server.url) as session:
        codes = {session.post("/appointments", json={}).status_code for _ in range(10)}

    assert (codes, len(server.requests)) == ({code}, 10)
    assert session.breaker.state == "closed"


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "value",
    [
        b"1" + b"0" * 20,
        b"9" * 5000,
        b"-1",
        b"1e9",
        b"nan",
        b"inf",
        b"1_000",
        "١٢".encode(),
        b"\xb2",
        b"1\x00",
        b"\x1b[31m",
        b"",
    ],
)
def test_nonsense_in_a_header_is_told_and_the_backoff_used(value: bytes) -> None:
    """The call neither raises nor sleeps for what the service wrote."""
    events: list[Event] = []
    busy = status(429, b"Retry-After: " + value)
    with running(playing(busy, OK)) as server, session_to(server.url, events) as session:
        began = time.monotonic()
        answer = session.get("/services").status_code
        took_s = time.monotonic() - began

    assert (answer, len(server.requests)) == (200, 2)
    assert took_s < 1.0
    assert sum(isinstance(event, RetryAfterRejected) for event in events) == 1


@pytest.mark.fault(11, 12)
@pytest.mark.parametrize(
    "headers",
    [
        [b"Retry-After: 31"],
        [b"Retry-After: 1000000000"],
        [b"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"],
        [b"Retry-After: 0", b"Retry-After: 3600"],
    ],
)
def test_a_wait_beyond_the_cap_is_the_callers_to_make(headers: list[bytes]) -> None:
    """One request, no sleep, and an error that says how long the wait would be."""
    events: list[Event] = []
    busy = status(429, *headers)
    with running(playing(busy)) as server, session_to(server.url, events) as session:
        began = time.monotonic()
        with pytest.raises(RateLimited) as caught:
            session.get("/services")
        took_s = time.monotonic() - began

    (received,) = [event for event in events if isinstance(event, RateLimitReceived)]
    assert caught.value.retry_after_s == received.retry_after_s > 30
    assert (len(server.requests), took_s < 1.0) == (1, True)


@pytest.mark.fault(11, 12)
def test_a_date_gone_by_is_no_reason_to_wait() -> None:
    """The backoff alone holds."""
    busy = status(429, b"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT")
    with running(playing(busy, OK)) as server, session_to(server.url) as session:
        assert session.get("/services").status_code == 200
    assert len(server.requests) == 2
