"""Where a request ends: headers and bodies that are too large, too slow or ambiguous."""

import asyncio

from resilience.edge.answers import (
    BAD_REQUEST,
    BODY_TIMEOUT,
    BODY_TOO_LARGE,
    HEADERS_TOO_LARGE,
    Refusal,
)
from resilience.edge.exchange import Exchange
from resilience.edge.headers import Read
from resilience.options import EdgeOptions

MALFORMED = "resilience.malformed"
"""Where a server says in the scope that the body cannot be parsed any further."""

_LONGEST_LENGTH = 12


def objection(exchange: Exchange, options: EdgeOptions) -> Refusal | None:
    """Why the request cannot be read as its headers announce it, if so."""
    if len(exchange.scope["headers"]) > options.max_headers:
        return HEADERS_TOO_LARGE
    if exchange.size > options.max_header_bytes:
        return HEADERS_TOO_LARGE
    if b"," in exchange.found.get(b"host", b""):
        return BAD_REQUEST
    return _length_objection(exchange.found, options.max_body_bytes)


def _length_objection(found: Read, max_body_bytes: int) -> Refusal | None:
    length, coding = found.get(b"content-length"), found.get(b"transfer-encoding")
    if coding is not None:
        well_formed = length is None and coding.lower() == b"chunked"
        return None if well_formed else BAD_REQUEST
    if length is None:
        return None
    if not length.isdigit():
        return BAD_REQUEST
    too_large = len(length) > _LONGEST_LENGTH or int(length) > max_body_bytes
    return BODY_TOO_LARGE if too_large else None


class ClientLeft(Exception):
    """The client went away before its request was complete."""


async def read_body(exchange: Exchange, options: EdgeOptions) -> bytes | Refusal:
    """The whole body, or why not; ClientLeft when there is nobody to tell."""
    try:
        async with asyncio.timeout(options.body_timeout_s):
            return await _gather(exchange, options.max_body_bytes)
    except TimeoutError:
        return BODY_TIMEOUT


async def _gather(exchange: Exchange, max_body_bytes: int) -> bytes | Refusal:
    message = await exchange.receive()
    body: bytes = message.get("body", b"")
    while message["type"] != "http.disconnect":
        if MALFORMED in exchange.scope:
            return BAD_REQUEST
        if len(body) > max_body_bytes:
            return BODY_TOO_LARGE
        if not message.get("more_body"):
            return body
        message = await exchange.receive()
        body += message.get("body", b"")
    raise ClientLeft


async def discard_body(exchange: Exchange, options: EdgeOptions) -> bool:
    """Read what nobody wants, so that the connection can go on; False when it cannot.

    A client that waits to be invited (Expect) is not invited.
    """
    if b"expect" in exchange.found or objection(exchange, options):
        return False
    return isinstance(await read_body(exchange, options), bytes)
