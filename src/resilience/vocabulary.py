"""The closed sets of words that label every signal: one term for one thing, everywhere."""

from enum import StrEnum
from typing import Annotated

from resilience.declare import Domain

Target = Annotated[str, Domain("target")]
Operation = Annotated[str, Domain("operation")]
Address = Annotated[str, Domain("server_address")]
Route = Annotated[str, Domain("http_route")]
Status = Annotated[str, Domain("http_status")]
Policy = Annotated[str, Domain("policy")]


class ErrorType(StrEnum):
    """Why an attempt or an operation failed: a status, or what kept an answer from coming."""

    NONE = ""
    BAD_REQUEST = "400"
    NOT_FOUND = "404"
    CONFLICT = "409"
    INVALID = "422"
    TOO_MANY = "429"
    INTERNAL = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"
    TIMEOUT_CONNECT = "timeout_connect"
    TIMEOUT_READ = "timeout_read"
    TIMEOUT_TOTAL = "timeout_total"
    CONNECTION = "connection"
    DEADLINE = "deadline"
    CIRCUIT_OPEN = "circuit_open"
    PROTOCOL = "protocol"
    OTHER = "other"


_STATUSES = {str(kind): kind for kind in ErrorType if str(kind).isdigit()}


def error_type_of(status: int) -> ErrorType:
    """The error type of an answer: none below 400, `other` for a status without its own word."""
    if status < 400:
        return ErrorType.NONE
    return _STATUSES.get(str(status), ErrorType.OTHER)


class StopReason(StrEnum):
    """Why an operation made no further attempt."""

    NONE = "none"
    NOT_RETRYABLE = "not_retryable"
    NOT_IDEMPOTENT = "not_idempotent"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    DEADLINE = "deadline"
    CIRCUIT_OPEN = "circuit_open"
    RETRY_BUDGET = "retry_budget"
    RETRY_AFTER_TOO_LONG = "retry_after_too_long"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How an operation ended for its caller; rejected means that nothing was sent."""

    SUCCESS = "success"
    ERROR = "error"
    REJECTED = "rejected"


class Phase(StrEnum):
    """What an attempt was doing when its time ran out.

    connect: no connection yet. read: nothing of the answer yet. total: the answer had begun but
    not ended within the attempt's time. deadline: the operation's time ended before the attempt's.
    """

    CONNECT = "connect"
    READ = "read"
    TOTAL = "total"
    DEADLINE = "deadline"


class DelaySource(StrEnum):
    """What set the length of a wait."""

    BACKOFF = "backoff"
    RETRY_AFTER = "retry_after"


class State(StrEnum):
    """The states of a circuit breaker; the last two are set by hand."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics_only"


class TransitionReason(StrEnum):
    """Why the breaker changed its state."""

    CONSECUTIVE_FAILURES = "consecutive_failures"
    FAILURE_RATE = "failure_rate"
    SLOW_CALL_RATE = "slow_call_rate"
    BREAK_OVER = "break_over"
    PROBE_SUCCEEDED = "probe_succeeded"
    PROBE_FAILED = "probe_failed"
    BY_HAND = "by_hand"


class Method(StrEnum):
    """HTTP methods; any other is `_OTHER`, as the semantic conventions say."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"
    PATCH = "PATCH"
    PUT = "PUT"
    DELETE = "DELETE"
    OPTIONS = "OPTIONS"
    TRACE = "TRACE"
    CONNECT = "CONNECT"
    OTHER = "_OTHER"


_METHODS = {str(method): method for method in Method}


def known_method(name: str) -> Method:
    """The method of this name; `OTHER` for one that HTTP does not define, or written otherwise."""
    return _METHODS.get(name, Method.OTHER)


class Resend(StrEnum):
    """How many times the request had been sent before."""

    FIRST = "0"
    SECOND = "1"
    THIRD = "2"
    MORE = "3"


class LimitResult(StrEnum):
    """What the rate limiter decided; NONE where it was not asked."""

    NONE = "none"
    ACQUIRED = "acquired"
    REJECTED = "rejected"
    STORAGE_ERROR_ALLOWED = "storage_error_allowed"


class ShedReason(StrEnum):
    """Why a request was turned away before any work was done for it."""

    QUEUE = "queue"
    DEADLINE = "deadline"
    DRAINING = "draining"
