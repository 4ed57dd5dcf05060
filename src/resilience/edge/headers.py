"""What the edge reads of a request's headers, in one pass."""

import re

from resilience.bridge import Headers
from resilience.vocabulary import Resend

_READ = frozenset(
    {
        b"accept",
        b"content-length",
        b"expect",
        b"forwarded",
        b"host",
        b"traceparent",
        b"tracestate",
        b"transfer-encoding",
        b"x-forwarded-for",
        b"x-request-attempt",
        b"x-request-id",
        b"x-request-timeout-ms",
        b"x-trusted-key",
    }
)

TRUSTED_HIDDEN = frozenset({b"baggage", b"x-trusted-key"})
"""What no application is told, whoever sent it."""

STRANGER_HIDDEN = TRUSTED_HIDDEN | {
    b"forwarded",
    b"traceparent",
    b"tracestate",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"x-real-ip",
}
"""What an application is not told when a stranger sent it: claims that it might believe."""

_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_MAX_TRACESTATE = 512
_LONGEST_WAIT_MS = 9

Read = dict[bytes, bytes]


def read(headers: Headers) -> tuple[Read, int]:
    """The headers that the edge reads, repeated ones joined by commas, and the size of all."""
    found: Read = {}
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if name in _READ:
            found[name] = value if name not in found else found[name] + b"," + value
    return found, size


def trace_context(found: Read) -> dict[str, str]:
    """The W3C trace context as a carrier; empty when it is absent or malformed."""
    parent = found.get(b"traceparent")
    if parent is None or not _TRACEPARENT.fullmatch(parent):
        return {}
    state = found.get(b"tracestate", b"")
    carrier = {"traceparent": parent.decode("ascii")}
    if state and len(state) <= _MAX_TRACESTATE and state.isascii():
        carrier["tracestate"] = state.decode("ascii")
    return carrier


def resend(found: Read) -> Resend:
    """How many times the request was sent before, by X-Request-Attempt; junk is a first send."""
    attempt = found.get(b"x-request-attempt")
    if attempt is None or not attempt.isdigit() or len(attempt) > 4:
        return Resend.FIRST
    return Resend(str(min(max(int(attempt) - 1, 0), 3)))


def timeout_s(found: Read) -> float | None:
    """The seconds that the caller will wait, by X-Request-Timeout-Ms; junk is no limit."""
    limit = found.get(b"x-request-timeout-ms")
    if limit is None or not limit.isdigit() or len(limit) > _LONGEST_WAIT_MS:
        return None
    return int(limit) / 1000
