"""The decision table: what each answer and each failure of an attempt means."""

from typing import NamedTuple

from requests import Response

from resilience.errors import (
    AttemptError,
    AttemptTimedOut,
    ConnectionFailed,
    ProtocolError,
    ResilienceError,
)
from resilience.http_client.body import media_type, read_json
from resilience.permit import Judged
from resilience.vocabulary import ErrorType, Phase, StopReason

REDIRECTS = frozenset((301, 302, 303, 307, 308))
_TRANSIENT = frozenset((500, 502, 503, 504))
_BY_STATUS = {int(e): e for e in ErrorType if e.isdigit()}
_BY_PHASE = {
    Phase.CONNECT: ErrorType.TIMEOUT_CONNECT,
    Phase.READ: ErrorType.TIMEOUT_READ,
    Phase.TOTAL: ErrorType.TIMEOUT_TOTAL,
    Phase.DEADLINE: ErrorType.DEADLINE,
}
IN_FLIGHT = "idempotency-key-in-flight"
"""How the `type` of the problem ends that says: another attempt with this key is under way."""


class RedirectRefused(ProtocolError):
    """The service answered with a redirect, and none is ever followed."""


class Attempted(NamedTuple):
    """What became of an attempt, and what follows from it.

    `again`: another may cure it. `unclear`: the request may have taken effect. `stop` is why
    there is no other, as far as this attempt alone decides it.
    """

    error_type: ErrorType = ErrorType.NONE
    again: bool = False
    judged: Judged = Judged.SUCCESS
    stop: StopReason = StopReason.NONE
    response: Response | None = None
    error: ResilienceError | None = None
    unclear: bool = False
    retry_after_s: float | None = None


class Nature(NamedTuple):
    """What kind of request it is: does repeating it change anything, has it a key?"""

    is_safe: bool
    has_key: bool


def judge_response(
    response: Response, nature: Nature, retry_after_s: float | None = None
) -> Attempted:
    """The verdict on an answer; a 5xx does not say that nothing was done."""
    status = response.status_code
    if status < 400:
        return Attempted(response=response)
    kind = _BY_STATUS.get(status, ErrorType.OTHER)
    if status in _TRANSIENT:
        if not (nature.is_safe or nature.has_key):
            return Attempted(kind, False, Judged.FAILURE, StopReason.NOT_IDEMPOTENT, response)
        return Attempted(kind, True, Judged.FAILURE, response=response, retry_after_s=retry_after_s)
    if status == 429 or (status == 409 and _is_in_flight(response)):
        return Attempted(kind, True, Judged.IGNORED, response=response, retry_after_s=retry_after_s)
    return Attempted(kind, False, Judged.IGNORED, StopReason.NOT_RETRYABLE, response)


def judge_error(error: ResilienceError, nature: Nature) -> Attempted:
    """The verdict on an attempt that brought no answer, or none that can be used."""
    sent = isinstance(error, AttemptError) and error.sent
    unclear = sent and not nature.is_safe and not isinstance(error, RedirectRefused)
    kind = _kind_of(error)
    if kind is ErrorType.DEADLINE:
        return Attempted(kind, False, Judged.IGNORED, StopReason.DEADLINE, None, error, unclear)
    if not _is_failure(error):
        return Attempted(kind, False, Judged.IGNORED, StopReason.NOT_RETRYABLE, None, error)
    if unclear and not nature.has_key:
        return Attempted(
            kind, False, Judged.FAILURE, StopReason.NOT_IDEMPOTENT, None, error, unclear
        )
    if isinstance(error, ProtocolError) and nature.is_safe:
        # It would most likely come out the same: a page that is not JSON, a body past the cap.
        return Attempted(kind, False, Judged.FAILURE, StopReason.NOT_RETRYABLE, None, error)
    return Attempted(kind, True, Judged.FAILURE, error=error, unclear=unclear)


def _is_failure(error: ResilienceError) -> bool:
    if isinstance(error, RedirectRefused):
        return False
    return isinstance(error, ConnectionFailed | AttemptTimedOut | ProtocolError)


def _kind_of(error: ResilienceError) -> ErrorType:
    if isinstance(error, AttemptTimedOut):
        return _BY_PHASE[Phase(error.phase)]
    if isinstance(error, ConnectionFailed):
        return ErrorType.CONNECTION
    return ErrorType.PROTOCOL if isinstance(error, ProtocolError) else ErrorType.OTHER


def _is_in_flight(response: Response) -> bool:
    if media_type(response) != "application/problem+json":
        return False
    try:
        problem = read_json(response)
    except ProtocolError:
        return False
    return isinstance(problem, dict) and str(problem.get("type")).endswith(IN_FLIGHT)
