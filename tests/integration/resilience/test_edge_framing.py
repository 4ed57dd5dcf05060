"""Requests that lie about where they end, and what they are made of."""

import time

import pytest
from tests.edge_stand import Stand, http, stand

from resilience.server_events import RequestServed

NEXT = http("GET /livez")


def smuggled(headers: str, body: str) -> bytes:
    """A POST with headers as they are, its body, and a second request right behind."""
    return f"POST /echo HTTP/1.1\r\nHost: test\r\n{headers}\r\n\r\n{body}".encode("latin-1") + NEXT


def answered_within_a_second(server: Stand, data: bytes) -> tuple[int, int | None]:
    """The status, and that of the request behind it; None when the connection was ended."""
    began = time.monotonic()
    with server.connect() as connection:
        first = connection.ask(data).status
        try:
            second = connection.reply().status
        except OSError:
            second = None
    assert time.monotonic() - began < 1.0
    return first, second


@pytest.mark.fault(82)
@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ("Content-Length: 5\r\nContent-Length: 6", "hello", 400),
        ("Content-Length: 5\r\nContent-Length: 5", "hello", 400),
        ("Content-Length: -5", "hello", 400),
        ("Content-Length: +5", "hello", 400),
        ("Content-Length: 0x5", "hello", 400),
        ("Content-Length: 5, 5", "hello", 400),
        ("Content-Length: 99999999999999999999999", "hello", 400),
        ("Content-Length: 9999999999", "hello", 413),
        ("Content-Length: 65537", "hello", 413),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n", 400),
        ("Transfer-Encoding: gzip, chunked", "0\r\n\r\n", 400),
        ("Transfer-Encoding: xchunked", "0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n", 400),
        ("Transfer-Encoding : chunked", "0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked", "zz\r\n", 400),
        ("Transfer-Encoding: chunked", "-5\r\nhello\r\n0\r\n\r\n", 400),
    ],
)
def test_an_ambiguous_length_ends_the_connection(headers: str, body: str, status: int) -> None:
    """A length that can be read in two ways is refused at once, and nothing behind it is run."""
    with stand(limits="") as server:
        assert answered_within_a_second(server, smuggled(headers, body)) == (status, None)


@pytest.mark.fault(82)
@pytest.mark.parametrize(
    ("headers", "body"),
    [("Content-Length: 5", "hello"), ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")],
)
def test_a_well_formed_body_is_echoed_and_the_next_request_answered(
    headers: str, body: str
) -> None:
    """Length and chunks are understood, and the request behind is its own."""
    with stand() as server, server.connect() as connection:
        first = connection.ask(smuggled(headers, body))
        second = connection.reply()

    assert (first.body, second.json()) == (b"hello", {"status": "alive"})


@pytest.mark.fault(82)
def test_a_chunked_body_over_the_cap_is_refused() -> None:
    """A body whose size is not announced is read up to the cap and no further."""
    chunk = "8000\r\n" + "x" * 0x8000 + "\r\n"
    with stand() as server, server.connect() as connection:
        reply = connection.ask(smuggled("Transfer-Encoding: chunked", chunk * 3 + "0\r\n\r\n"))

    assert (reply.status, reply.json()["type"]) == (413, "/problems/body-too-large")


@pytest.mark.fault(82)
def test_a_body_that_does_not_come_is_given_up() -> None:
    """A length that lies costs the client its connection after the body's time."""
    with stand(body_timeout_s=0.2) as server, server.connect() as connection:
        reply = connection.ask(http("POST /echo", {"Content-Length": "10"}) + b"hello")
        assert (reply.status, connection.closed()) == (408, True)


def test_headers_that_do_not_come_are_given_up() -> None:
    """Half a request is a 408 after the headers' time, and a silent connection is ended."""
    with stand(header_timeout_s=0.2) as server, server.connect() as half, server.connect() as none:
        reply = half.ask(b"GET /services HTTP/1.1\r\nHost: te")
        assert (reply.status, half.closed(), none.closed()) == (408, True, True)


@pytest.mark.fault(82)
def test_an_expecting_client_is_invited_when_its_body_is_wanted() -> None:
    """Expect gets 100 Continue for an acceptable body, and a 413 at once for one too large."""
    with stand() as server:
        with server.connect() as connection:
            connection.send(http("POST /echo", {"Content-Length": "2", "Expect": "100-continue"}))
            invitation = connection.socket.recv(100)
            accepted = connection.ask(b"ok")
        too_large = {"Content-Length": "999999", "Expect": "100-continue"}
        refused = server.ask(http("POST /echo", too_large))

    assert invitation == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert (accepted.body, refused.status) == (b"ok", 413)


@pytest.mark.fault(83)
@pytest.mark.parametrize(
    "target",
    [
        "/%00",
        "/%0a",
        "/services%2f..%2f",
        "/%ff",
        "/../../etc/passwd",
        "/x//services",
        "/%",
        "/\x7f",
    ],
)
def test_a_hostile_path_is_one_request_of_the_route_other(target: str) -> None:
    """It is not found or refused, and no signal repeats it."""
    with stand() as server:
        status = server.get(target).status

    (served,) = server.told(RequestServed)
    assert status in (400, 404)
    assert served.http_route == "other"  # type: ignore[attr-defined]  # of RequestServed
    assert target not in repr(server.spans)


@pytest.mark.fault(83)
@pytest.mark.parametrize(
    "line", ["GET /" + "a" * 65_536, "TRACE /x", "FOO /x", "CONNECT x:1", "PRI *"]
)
def test_a_hostile_request_line_is_one_served_request(line: str) -> None:
    """Strange methods and endless targets end in a client error with closed labels."""
    with stand() as server:
        status = server.ask(http(line)).status

    (served,) = server.told(RequestServed)
    assert status in (400, 404, 405, 431)
    assert served.http_route == "other"  # type: ignore[attr-defined]  # of RequestServed


@pytest.mark.fault(84)
@pytest.mark.parametrize("count", [1000, 101])
def test_too_many_headers_are_refused(count: int) -> None:
    """More headers than allowed are a 431 with its span and its event."""
    with stand() as server:
        reply = server.get("/services", {f"X-{n}": "1" for n in range(count)})

    assert (reply.status, reply.json()["type"]) == (431, "/problems/headers-too-large")
    assert [name for name, _, _ in server.spans] == ["GET /services"]


@pytest.mark.fault(84)
def test_endless_headers_are_cut_off() -> None:
    """Headers that never end are a 431 as soon as they exceed the cap, not when they end."""
    with stand() as server, server.connect() as connection:
        connection.send(b"GET /services HTTP/1.1\r\nX: " + b"a" * 10_000)
        connection.send(b"a" * 10_000)
        reply = connection.reply()
        assert (reply.status, connection.closed()) == (431, True)

    assert [name for name, _, _ in server.spans] == ["_OTHER other"]


@pytest.mark.fault(85)
def test_line_breaks_in_a_body_stay_in_the_body() -> None:
    """Bytes that a client chose come back as data only."""
    body = b"=cmd|'/c calc'!A1\r\nSet-Cookie: a=b\r\n"
    with stand() as server:
        reply = server.ask(http("POST /echo", body=body))

    assert (reply.body, reply.headers["Set-Cookie"]) == (body, None)


@pytest.mark.fault(59)
def test_junk_counts_towards_the_limit() -> None:
    """What cannot be parsed is refused as malformed, and past the limit as too much."""
    with stand(limits="2/minute") as server:
        statuses = [server.ask(b"JUNK\r\n\r\n").status for _ in range(3)]

    assert statuses == [400, 400, 429]
