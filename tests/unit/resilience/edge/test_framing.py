"""Where a request ends."""

import asyncio
from collections import deque
from typing import Any

import pytest

from resilience.edge.answers import (
    BAD_REQUEST,
    BODY_TIMEOUT,
    BODY_TOO_LARGE,
    HEADERS_TOO_LARGE,
    Refusal,
)
from resilience.edge.exchange import Exchange
from resilience.edge.framing import MALFORMED, ClientLeft, discard_body, objection, read_body
from resilience.options import EdgeOptions

OPTIONS = EdgeOptions(max_headers=3, max_header_bytes=100, max_body_bytes=10, body_timeout_s=0.01)


def exchange(*headers: tuple[bytes, bytes], parts: list[Any] | None = None) -> Exchange:
    """A request whose body comes in these messages, and then never ends."""
    messages = deque(parts or [])

    async def receive() -> Any:
        if not messages:
            await asyncio.Event().wait()
        return messages.popleft()

    async def send(message: Any) -> None:
        raise AssertionError(message)

    scope = {"headers": list(headers), "method": "POST"}
    return Exchange(scope, receive, send, 0.0)


def part(body: bytes, more: bool = True) -> dict[str, Any]:
    """One message of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.fault(82, 84)
@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ([], None),
        ([(b"content-length", b"10")], None),
        ([(b"transfer-encoding", b"Chunked")], None),
        ([(b"content-length", b"11")], BODY_TOO_LARGE),
        ([(b"content-length", b"0" * 13)], BODY_TOO_LARGE),
        ([(b"content-length", b"-1")], BAD_REQUEST),
        ([(b"content-length", "\u0661".encode())], BAD_REQUEST),
        ([(b"content-length", b"1"), (b"content-length", b"1")], BAD_REQUEST),
        ([(b"content-length", b"1"), (b"transfer-encoding", b"chunked")], BAD_REQUEST),
        ([(b"transfer-encoding", b"gzip, chunked")], BAD_REQUEST),
        ([(b"host", b"a"), (b"host", b"b")], BAD_REQUEST),
        ([(b"a", b"")] * 4, HEADERS_TOO_LARGE),
        ([(b"a", b"x" * 100)], HEADERS_TOO_LARGE),
    ],
)
def test_headers_that_cannot_be_trusted_are_objected_to(
    headers: list[tuple[bytes, bytes]], refusal: Refusal | None
) -> None:
    """Too many, too large, or a length that can be read in two ways."""
    assert objection(exchange(*headers), OPTIONS) == refusal


@pytest.mark.parametrize(
    ("parts", "result"),
    [
        ([part(b"whole", False)], b"whole"),
        ([part(b"in "), part(b"parts", False)], b"in parts"),
        ([part(b"12345678"), part(b"901", False)], BODY_TOO_LARGE),
        ([part(b"begun")], BODY_TIMEOUT),
    ],
)
def test_a_body_is_whole_or_refused(parts: list[Any], result: bytes | Refusal) -> None:
    """It may be neither too large nor too slow."""
    assert asyncio.run(read_body(exchange(parts=parts), OPTIONS)) == result


def test_a_client_that_leaves_is_not_answered() -> None:
    """There is nobody to tell."""
    left = exchange(parts=[part(b"begun"), {"type": "http.disconnect"}])
    with pytest.raises(ClientLeft):
        asyncio.run(read_body(left, OPTIONS))


def test_a_body_that_cannot_be_parsed_is_a_bad_request() -> None:
    """The server says so in the scope."""
    broken = exchange(parts=[part(b"begun", False)])
    broken.scope[MALFORMED] = True

    assert asyncio.run(read_body(broken, OPTIONS)) == BAD_REQUEST


@pytest.mark.parametrize(
    ("headers", "parts", "usable"),
    [
        ([(b"content-length", b"5")], [part(b"12345", False)], True),
        ([(b"content-length", b"5")], [part(b"123")], False),
        ([(b"content-length", b"99")], [], False),
        ([(b"content-length", b"5"), (b"expect", b"100-continue")], [], False),
    ],
)
def test_a_connection_is_usable_when_the_unwanted_body_is_read(
    headers: list[tuple[bytes, bytes]], parts: list[Any], usable: bool
) -> None:
    """Not when it is too slow, too large, or still waits for an invitation."""
    assert asyncio.run(discard_body(exchange(*headers, parts=parts), OPTIONS)) is usable
