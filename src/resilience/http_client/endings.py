"""What the caller gets when an operation ends without success."""

from typing import NamedTuple

from resilience.errors import (
    AttemptRecord,
    CallCancelled,
    CircuitBreakerOpen,
    DeadlineExceeded,
    OutcomeUnknown,
    RateLimited,
    ResilienceError,
    RetriesExhausted,
)
from resilience.http_client.verdict import Attempted
from resilience.permit import Judged
from resilience.vocabulary import ErrorType, Outcome, StopReason


class Ending(NamedTuple):
    """How an operation ended: its attempts, the last of them, and why there was no other.

    `unclear`: a request may have taken effect, and no answer has said so. `rest_s`: how long an
    open circuit rests; `pause_s`: what to wait after a 429 that does not say.
    """

    target: str
    operation: str
    attempts: tuple[AttemptRecord, ...]
    last: Attempted | None
    stop: StopReason
    unclear: bool
    deadline_s: float
    rest_s: float
    pause_s: float

    @property
    def error_type(self) -> ErrorType:
        """The error type of the operation."""
        if self.stop is StopReason.CIRCUIT_OPEN:
            return ErrorType.CIRCUIT_OPEN
        if self.stop is StopReason.DEADLINE:
            return ErrorType.DEADLINE
        return self.last.error_type if self.last is not None else ErrorType.OTHER

    @property
    def outcome(self) -> Outcome:
        """How the operation ended, for its caller."""
        if not self.attempts:
            return Outcome.REJECTED
        return Outcome.SUCCESS if self.stop is StopReason.NONE else Outcome.ERROR

    @property
    def suppressed(self) -> bool:
        """Whether a failure that another attempt might have cured was not followed by one."""
        quiet = (StopReason.NONE, StopReason.NOT_RETRYABLE)
        return bool(self.attempts) and self.stop not in quiet


def error_of(end: Ending) -> ResilienceError | None:
    """The error to raise; None when the caller gets the last answer."""
    if end.unclear and not _is_clear(end):
        return OutcomeUnknown(
            f"{end.operation} may have taken effect, and it never became clear: {_story(end)}",
            attempts=end.attempts,
            stop_reason=end.stop,
            retry_after_s=end.rest_s,
        )
    if end.stop is StopReason.NONE or _is_clear(end):
        return None
    if end.stop is StopReason.CIRCUIT_OPEN:
        return CircuitBreakerOpen(end.target, end.rest_s, end.attempts)
    if end.stop is StopReason.NOT_RETRYABLE and end.last is not None:
        return end.last.error
    return _call_failed(end)


def _is_clear(end: Ending) -> bool:
    """Whether the last attempt brought an answer that settles the matter."""
    last = end.last
    if last is None or last.response is None or last.again:
        return False
    return last.judged is not Judged.FAILURE


def _call_failed(end: Ending) -> ResilienceError:
    message = f"{end.operation} failed: {_story(end)}"
    if end.stop is StopReason.CANCELLED:
        return CallCancelled(message, attempts=end.attempts, stop_reason=end.stop)
    if end.stop is StopReason.DEADLINE:
        return DeadlineExceeded(
            f"{end.operation} did not end within {end.deadline_s:g} s: {_story(end)}",
            deadline_s=end.deadline_s,
            attempts=end.attempts,
        )
    if end.last is not None and end.last.error_type is ErrorType.TOO_MANY:
        wait_s = end.last.retry_after_s
        return RateLimited(
            message,
            retry_after_s=end.pause_s if wait_s is None else wait_s,
            attempts=end.attempts,
            stop_reason=end.stop,
        )
    response = end.last.response if end.last is not None else None
    return RetriesExhausted(message, attempts=end.attempts, stop_reason=end.stop, response=response)


def _story(end: Ending) -> str:
    if not end.attempts:
        return "nothing was sent"
    kinds = ", ".join(record.error_type or "answered" for record in end.attempts)
    noun = "attempt" if len(end.attempts) == 1 else "attempts"
    return f"{len(end.attempts)} {noun} ({kinds}), stopped: {end.stop}"
