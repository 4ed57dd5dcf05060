"""Every kind of error answer, and the exception that carries one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Kind(NamedTuple):
    """One kind of problem: `slug` ends its `type`, `meaning` explains it in the documentation."""

    slug: str
    status: int
    title: str
    meaning: str

    @property
    def uri(self) -> str:
        """The `type` of RFC 9457, relative to the API; it never changes."""
        return f"/problems/{self.slug}"


MALFORMED_JSON = Kind(
    "malformed-json", 400, "Malformed JSON", "The body is not one JSON document in UTF-8."
)
INVALID_KEY = Kind(
    "invalid-idempotency-key",
    400,
    "Invalid Idempotency-Key",
    "The header is not 1 to 255 visible ASCII characters, plain or in double quotes.",
)
BAD_REQUEST = Kind("bad-request", 400, "Bad request", "The request breaks a rule of HTTP.")
UNKNOWN_SERVICE = Kind(
    "unknown-service", 404, "Unknown service", "No service has this id; see GET /services."
)
UNKNOWN_APPOINTMENT = Kind(
    "unknown-appointment",
    404,
    "Unknown appointment",
    "No appointment has this confirmation number. A number that cannot exist is answered alike.",
)
NOT_FOUND = Kind("not-found", 404, "Not found", "Nothing is served under this path.")
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed",
    405,
    "Method not allowed",
    "The path has no such method; the Allow header lists those that it has.",
)
SLOT_TAKEN = Kind(
    "slot-taken",
    409,
    "Slot taken",
    "Somebody else has booked this time; `alternatives` lists up to 5 free slots after it.",
)
APPOINTMENT_CANCELLED = Kind(
    "appointment-cancelled",
    409,
    "Appointment cancelled",
    "A cancelled appointment cannot be moved; book a new one.",
)
KEY_IN_FLIGHT = Kind(
    "idempotency-key-in-flight",
    409,
    "Idempotency key in flight",
    "The first request with this key is still being answered; ask again with the same key.",
)
BODY_TOO_LARGE = Kind("body-too-large", 413, "Body too large", "The body is larger than allowed.")
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "The body is not declared as application/json.",
)
INVALID_FIELDS = Kind(
    "invalid-fields",
    422,
    "Invalid fields",
    "`fields` lists each field that is missing, unknown or wrong, with what is expected there.",
)
NOT_OFFERED = Kind(
    "not-offered",
    422,
    "Not offered",
    "The start is in the past, too far ahead, outside the opening hours or off the grid of slots.",
)
KEY_REUSED = Kind(
    "idempotency-key-reused",
    422,
    "Idempotency key reused",
    "The key belongs to another request; use a new key for each new request.",
)
INTERNAL_ERROR = Kind(
    "internal-error",
    500,
    "Internal error",
    "The service failed. A write may have taken effect; ask again with the same key.",
)
STORE_UNAVAILABLE = Kind(
    "store-unavailable",
    503,
    "Store unavailable",
    "The database cannot answer now; Retry-After says when to ask again, with the same key.",
)

RATE_LIMITED = Kind(
    "rate-limited",
    429,
    "Too many requests",
    "The client's limit is used up; after Retry-After seconds the next request is let in.",
)
REQUEST_TIMEOUT = Kind(
    "request-timeout", 408, "Request timeout", "The request did not arrive in time."
)
HEADERS_TOO_LARGE = Kind(
    "headers-too-large", 431, "Headers too large", "The headers are more or larger than allowed."
)
OVERLOADED = Kind(
    "overloaded",
    503,
    "Overloaded",
    "Too many requests wait already; nothing was done for this one.",
)
DEADLINE_PASSED = Kind(
    "deadline-passed",
    503,
    "Deadline passed",
    "The time in X-Request-Timeout-Ms ran out while the request waited; nothing was done for it.",
)
DRAINING = Kind("draining", 503, "Draining", "This server is about to stop; ask again.")

KINDS: tuple[Kind, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Kind)
)
"""Every kind, in the order of the documentation."""


class FieldError(NamedTuple):
    """What is wrong with one field; never with the value that was given."""

    field: str
    error: str


class Problem(Exception):
    """Ends a request with an error answer.

    `detail` is a sentence without its full stop; it repeats nothing that was sent.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        fields: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(kind.slug)
        self.kind = kind
        self.detail = detail
        self.fields = tuple(fields)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
