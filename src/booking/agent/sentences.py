"""What to tell a person, and an HTTP caller, when a booking could not be made."""

from dataclasses import dataclass
from math import ceil

from booking.agent.errors import AgentError, NotFree, Refused
from resilience.errors import (
    CallCancelled,
    CircuitBreakerOpen,
    DeadlineExceeded,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    ResilienceError,
    RetriesExhausted,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A failure in words: HTTP `status`, problem `kind`, a `sentence`, seconds to wait or 0."""

    status: int
    kind: str
    sentence: str
    retry_after_s: int = 0


def tell(error: AgentError | ResilienceError) -> Told:
    """The words for any failure of the agent."""
    if isinstance(error, NotFree):
        return Told(409, "slot-taken", str(error))
    if isinstance(error, Refused):
        return Told(error.status, "refused", str(error))
    if isinstance(error, CircuitBreakerOpen):
        return _resting(error.retry_after_s)
    if isinstance(error, RateLimited):
        wait_s = _whole(error.retry_after_s)
        return Told(429, "rate-limited", f"Too many requests: try again in {wait_s} s.", wait_s)
    return _unreachable(error)


def _unreachable(error: AgentError | ResilienceError) -> Told:
    if isinstance(error, OutcomeUnknown):
        return Told(502, "outcome-unknown", _UNKNOWN)
    if isinstance(error, DeadlineExceeded):
        sentence = f"The booking service did not answer within {error.deadline_s:g} s. {_NOTHING}"
        return Told(504, "deadline", sentence)
    if isinstance(error, RetriesExhausted):
        tries = len(error.attempts)
        often = "" if tries == 1 else f" {tries} times in a row"
        sentence = f"The booking service failed{often}. {_NOTHING}"
        return Told(502, "unavailable", sentence)
    if isinstance(error, ProtocolError):
        return Told(
            502, "protocol", f"The booking service gave an answer that makes no sense: {error}."
        )
    if isinstance(error, CallCancelled):
        return Told(
            503, "stopping", f"Stopped while waiting for the booking service. {_NOTHING}", 1
        )
    return Told(502, "unavailable", f"The booking service cannot be reached: {error}.")


_NOTHING = "Nothing was changed; try again later."
UNCLEAR = "The booking service did not say whether the request took effect."
"""What to tell of an outcome that is not known, before how to find out."""

_UNKNOWN = f"{UNCLEAR} Repeat it with the same Idempotency-Key: it takes effect at most once."


def _resting(retry_after_s: float) -> Told:
    wait_s = _whole(retry_after_s)
    return Told(
        503, "circuit-open", f"The booking service is resting, try again in {wait_s} s.", wait_s
    )


def _whole(seconds: float) -> int:
    return max(1, ceil(seconds))
