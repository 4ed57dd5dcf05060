"""What of a message's head is passed on, and what of it is worth noting."""

import hashlib
import re

import h11

HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"})
FRAMING = frozenset({b"content-length", b"host", b"transfer-encoding"})
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-.{2}")
ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
PATH_CHARACTERS = 256

RawHeaders = list[tuple[bytes, bytes]]
Message = h11.Request | h11.Response


def end_to_end(message: Message) -> RawHeaders:
    """Return the headers without those that concern one connection only, case kept."""
    skip = (HOP_BY_HOP | _connection_tokens(message)) - FRAMING
    pairs = message.headers.raw_items()
    return [(name, value) for name, value in pairs if name.lower() not in skip]


def _connection_tokens(message: Message) -> frozenset[bytes]:
    values = [value for name, value in message.headers if name == b"connection"]
    return frozenset(token.strip().lower() for value in values for token in value.split(b","))


def outgoing(request: h11.Request, host: str, forwarded_for: str = "") -> h11.Request:
    """Return the request as it goes upstream; `host` only where HTTP/1.0 left it out."""
    headers = end_to_end(request)
    if not any(name.lower() == b"host" for name, _ in headers):
        headers.append((b"Host", host.encode()))
    if forwarded_for:
        headers.append((b"X-Forwarded-For", forwarded_for.encode()))
    return h11.Request(method=request.method, target=_origin_form(request), headers=headers)


def incoming(response: h11.Response) -> h11.Response:
    """Return the response as it goes to the client; the server's wish to close is kept."""
    headers = end_to_end(response)
    if response.http_version < b"1.1" or b"close" in _connection_tokens(response):
        headers.append((b"Connection", b"close"))
    return h11.Response(
        status_code=response.status_code, headers=headers, reason=bytes(response.reason)
    )


def content_length(response: h11.Response) -> int | None:
    """Return the announced length of the body in bytes, None when there is none."""
    values = [value for name, value in response.headers if name == b"content-length"]
    return int(values[0]) if values else None


def lower_case(request: h11.Request) -> dict[str, str]:
    """Return the headers by lower-case name; the first value of each."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
    return dict(reversed(pairs))


def _origin_form(request: h11.Request) -> bytes:
    target = ORIGIN.sub("", request.target.decode("latin-1"), count=1)
    return (target if target.startswith(("/", "*")) else f"/{target}").encode("latin-1")


def path_of(request: h11.Request) -> str:
    """Return the path without query, cut to 256 characters."""
    return _origin_form(request).decode("latin-1").partition("?")[0][:PATH_CHARACTERS]


def request_id(headers: dict[str, str]) -> str:
    """Return X-Request-ID, or "" when it is absent or malformed."""
    value = headers.get("x-request-id", "")
    return value if REQUEST_ID.fullmatch(value) else ""


def trace_ids(headers: dict[str, str]) -> tuple[str, str]:
    """Return trace id and parent span id from traceparent, ("", "") if there are none."""
    match = TRACEPARENT.match(headers.get("traceparent", ""))
    return (match[1], match[2]) if match else ("", "")


def attempt(headers: dict[str, str]) -> int:
    """Return X-Request-Attempt: 1 when absent, 0 when it is no number."""
    value = headers.get("x-request-attempt", "1")
    return int(value) if re.fullmatch(r"[0-9]{1,6}", value) else 0


def key_digest(headers: dict[str, str]) -> str:
    """Return the first 16 hex digits of the SHA-256 of Idempotency-Key, "" when absent."""
    key = headers.get("idempotency-key", "")
    return hashlib.sha256(key.encode("latin-1")).hexdigest()[:16] if key else ""
