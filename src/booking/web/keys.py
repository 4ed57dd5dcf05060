"""The Idempotency-Key header."""

import re

from flask import Request

from booking.service.idempotency import KeyUse
from booking.web.problems import INVALID_KEY, Problem
from resilience.arrival import ARRIVAL

MAX_CHARS = 255
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_QUOTED = re.compile(r'"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"')
_ESCAPED = re.compile(r"\\(.)")


def key_text(header: str) -> str:
    """The key that a header value holds: `"abc"` and `abc` are the same one.

    Raises Problem unless it is 1 to 255 visible ASCII characters.
    """
    if len(header) <= 2 * MAX_CHARS + 2:
        quoted = _QUOTED.fullmatch(header)
        key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else header
        if len(key) <= MAX_CHARS and _VISIBLE.fullmatch(key) and (quoted or key[0] != '"'):
            return key
    raise Problem(
        INVALID_KEY,
        f"the Idempotency-Key is not valid; expected 1 to {MAX_CHARS} visible ASCII characters, "
        "plain or in double quotes, or no such header",
    )


def given_key(request: Request) -> str | None:
    """The request's key, None without one; raises Problem."""
    header = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    return None if header is None else key_text(header)


def key_use(request: Request, key: str, endpoint: str, document: object) -> KeyUse:
    """The use of the key by the client of this request, as the edge knows it."""
    arrival = request.environ.get(ARRIVAL)
    client = arrival.client if arrival else request.environ.get("REMOTE_ADDR", "")
    return KeyUse.of(client=client, endpoint=endpoint, key=key, request=document)
