"""What is passed on and what is noted of a head."""

import h11
import pytest

from wire.headers import (
    attempt,
    content_length,
    incoming,
    key_digest,
    lower_case,
    outgoing,
    path_of,
    request_id,
    trace_ids,
)

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def request(target: str = "/a", *headers: tuple[str, str]) -> h11.Request:
    """A request with a Host and these headers."""
    return h11.Request(method="GET", target=target, headers=[("Host", "x"), *headers])


def names(message: h11.Request | h11.Response) -> list[str]:
    """The names of the headers as they are written."""
    return [name.decode() for name, _ in message.headers.raw_items()]


def test_headers_of_the_connection_end_here() -> None:
    """Those of the list and those that Connection names go, the others keep their case."""
    sent = request(
        "/a",
        ("Connection", "close, X-Mine"),
        ("X-MINE", "1"),
        ("Upgrade", "h2c"),
        ("TE", "trailers"),
        ("X-Kept", "1"),
    )
    assert names(outgoing(sent, "up:1")) == ["Host", "X-Kept"]


def test_connection_cannot_take_the_framing_away() -> None:
    """A length that Connection names is passed on all the same, or requests could be smuggled."""
    sent = request("/a", ("Connection", "Content-Length"), ("Content-Length", "3"))
    assert names(outgoing(sent, "up:1")) == ["Host", "Content-Length"]


def test_a_missing_host_is_added() -> None:
    """HTTP/1.0 has none, HTTP/1.1 must."""
    old = h11.Request(method="GET", target="/", headers=[], http_version="1.0")
    assert list(outgoing(old, "up:1").headers) == [(b"host", b"up:1")]


def test_the_client_is_named_on_demand() -> None:
    """Only with an address is X-Forwarded-For added."""
    assert names(outgoing(request(), "up:1", "127.0.0.9")) == ["Host", "X-Forwarded-For"]


@pytest.mark.parametrize(
    ("target", "sent", "path"),
    [
        ("/a?b=c", b"/a?b=c", "/a"),
        ("http://host:1/a?b", b"/a?b", "/a"),
        ("http://host", b"/", "/"),
        ("http://host?q", b"/?q", "/"),
        ("*", b"*", "*"),
        ("/" + "x" * 300, b"/" + b"x" * 300, "/" + "x" * 255),
    ],
)
def test_the_target_in_origin_form(target: str, sent: bytes, path: str) -> None:
    """Upstream gets the whole target, the ledger the path without query and cut."""
    asked = request(target)
    assert (outgoing(asked, "up:1").target, path_of(asked)) == (sent, path)


@pytest.mark.parametrize(
    ("version", "header", "closes"),
    [("1.1", "keep-alive", False), ("1.1", "foo, Close", True), ("1.0", "keep-alive", True)],
)
def test_the_servers_wish_to_close_is_kept(version: str, header: str, closes: bool) -> None:
    """An old server, or one that says so, closes; so will the proxy."""
    response = h11.Response(
        status_code=200, headers=[("Connection", header)], http_version=version, reason="Fine"
    )
    passed = incoming(response)
    assert list(passed.headers) == ([(b"connection", b"close")] if closes else [])
    assert (passed.status_code, passed.reason) == (200, b"Fine")


def test_the_announced_length() -> None:
    """None when the end is announced in another way."""
    announced = h11.Response(status_code=200, headers=[("Content-Length", "12")])
    assert content_length(announced) == 12
    assert content_length(h11.Response(status_code=200, headers=[])) is None


def test_the_first_value_of_a_repeated_header_counts() -> None:
    """Names are lower-case."""
    assert lower_case(request("/", ("X-A", "1"), ("x-a", "2"))) == {"host": "x", "x-a": "1"}


@pytest.mark.parametrize(
    ("value", "noted"), [("req-1.a_B", "req-1.a_B"), ("a b", ""), ("x" * 65, ""), ("", "")]
)
def test_only_well_formed_request_ids_are_noted(value: str, noted: str) -> None:
    """Whatever a stranger writes there does not get into the ledger."""
    assert request_id({"x-request-id": value}) == noted


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (f"00-{TRACE}-{SPAN}-01", (TRACE, SPAN)),
        (f"cc-{TRACE}-{SPAN}-00-more", (TRACE, SPAN)),
        (f"ff-{TRACE}-{SPAN}-01", ("", "")),
        (f"00-{'0' * 32}-{SPAN}-01", ("", "")),
        (f"00-{TRACE}-{'0' * 16}-01", ("", "")),
        (f"00-{TRACE.upper()}-{SPAN}-01", ("", "")),
        ("nonsense", ("", "")),
    ],
)
def test_traceparent(value: str, ids: tuple[str, str]) -> None:
    """Trace id and parent span id, or neither."""
    assert trace_ids({"traceparent": value}) == ids


@pytest.mark.parametrize(
    ("headers", "number"),
    [({}, 1), ({"x-request-attempt": "3"}, 3), ({"x-request-attempt": "x"}, 0)],
)
def test_the_attempt(headers: dict[str, str], number: int) -> None:
    """1 when absent, 0 when it is no number."""
    assert attempt(headers) == number


def test_the_key_is_noted_as_a_digest() -> None:
    """The same key gives the same digits, no key none."""
    assert key_digest({"idempotency-key": "secret"}) == "2bb80d537b1da3e3"
    assert key_digest({}) == ""
