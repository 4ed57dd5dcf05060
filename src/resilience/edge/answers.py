"""What the edge answers by itself: problem documents (RFC 9457) and small JSON."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from resilience.bridge import Headers


class Refusal(NamedTuple):
    """Why a request is not passed on: a status, a word for programs, a sentence for people."""

    status: int
    kind: str
    sentence: str


BAD_REQUEST = Refusal(400, "bad-request", "The request is not well-formed HTTP.")
BODY_TIMEOUT = Refusal(408, "request-timeout", "The request did not arrive in time.")
BODY_TOO_LARGE = Refusal(413, "body-too-large", "The body of the request is too large.")
RATE_LIMITED = Refusal(429, "rate-limited", "Too many requests; wait as long as Retry-After says.")
HEADERS_TOO_LARGE = Refusal(431, "headers-too-large", "The headers of the request are too large.")
FAILED = Refusal(
    500, "internal-error", "The service failed to answer; that is its fault, not yours."
)
OVERLOADED = Refusal(503, "overloaded", "The service is busy; try again in a moment.")
TOO_LATE = Refusal(503, "deadline-passed", "The time that you would wait ran out in the queue.")
DRAINING = Refusal(503, "draining", "This server is going out of service; try again.")

EDGE_STATUSES = ("400", "408", "413", "429", "431", "500", "503")
"""Every status that the edge answers by itself, apart from the probes."""

UNPARSED = {refusal.status: refusal for refusal in (BAD_REQUEST, BODY_TIMEOUT, HEADERS_TOO_LARGE)}
"""What a server may refuse before it has read the headers."""

CLOSE = (b"connection", b"close")
_PROBLEM = (b"content-type", b"application/problem+json")
_TITLES = {status: HTTPStatus(int(status)).phrase for status in EDGE_STATUSES}
REFUSALS = (
    BAD_REQUEST,
    BODY_TIMEOUT,
    BODY_TOO_LARGE,
    RATE_LIMITED,
    HEADERS_TOO_LARGE,
    FAILED,
    OVERLOADED,
    TOO_LATE,
    DRAINING,
)


def _beginning(refusal: Refusal) -> bytes:
    """A problem document up to its ids, which alone differ from answer to answer."""
    document = {
        "type": f"/problems/{refusal.kind}",
        "title": _TITLES[str(refusal.status)],
        "status": refusal.status,
        "detail": refusal.sentence,
        "success": False,
        "error": refusal.sentence,
    }
    return json_body(document)[:-1] + b","


def json_body(content: Mapping[str, object]) -> bytes:
    """A JSON document."""
    return json.dumps(content, separators=(",", ":"), default=str).encode()


_PROBLEMS = {refusal: _beginning(refusal) for refusal in REFUSALS}


def problem(refusal: Refusal, request_id: str, trace_id: str) -> bytes:
    """The body of a refusal; both ids are of letters that JSON takes as they are."""
    ids = f'"request_id":"{request_id}","trace_id":"{trace_id}"}}'
    return _PROBLEMS[refusal] + ids.encode("ascii")


def refusal_headers(body: bytes, request_id: str, trace_id: str) -> list[tuple[bytes, bytes]]:
    """The headers that every refusal has."""
    headers = [
        _PROBLEM,
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.encode("ascii")),
    ]
    if trace_id:
        headers.append((b"x-trace-id", trace_id.encode("ascii")))
    return headers


def raw_answer(status: int, headers: Headers, body: bytes) -> bytes:
    """A complete answer as it goes over the wire, for a connection that ends with it."""
    lines = [b"HTTP/1.1 %d %s" % (status, _TITLES[str(status)].encode())]
    lines += [name + b": " + value for name, value in (*headers, CLOSE)]
    return b"\r\n".join([*lines, b"", body])
