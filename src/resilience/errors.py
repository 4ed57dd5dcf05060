"""Every error that the library raises, in one tree.

ResilienceError
├── CallNotSent                  nothing was sent by this attempt
│   └── CircuitBreakerOpen       retry_after_s
├── AttemptError                 what became of one attempt
│   ├── ConnectionFailed         sent: could the server have seen the request?
│   ├── AttemptTimedOut          phase, sent
│   └── ProtocolError            the answer breaks HTTP or the agreed form
└── CallFailed                   what became of the whole operation: attempts, stop_reason
    ├── RetriesExhausted         last response or error
    ├── RateLimited              retry_after_s
    ├── DeadlineExceeded         deadline_s
    ├── OutcomeUnknown           the request may have taken effect, and it never became clear
    └── CallCancelled            the process was told to stop

`CircuitBreakerOpen` carries the attempts made before the circuit opened, if any.
"""

from collections.abc import Sequence
from typing import NamedTuple


class AttemptRecord(NamedTuple):
    """One attempt as its caller is told of it.

    `error_type` is "" for a response that ended the operation; `status` is None when no
    response came; `duration_s` is measured on the monotonic clock.
    """

    number: int
    error_type: str
    status: int | None
    duration_s: float


class ResilienceError(Exception):
    """The root: catch this to catch whatever the library raises on purpose."""


class CallNotSent(ResilienceError):
    """Nothing was put on the wire."""


class CircuitBreakerOpen(CallNotSent):
    """The circuit is open; try again after `retry_after_s` seconds."""

    # Raised for every call of an outage, so it is kept cheap: the sentence is made when read.
    __slots__ = ("attempts", "retry_after_s", "target")

    def __init__(
        self, target: str, retry_after_s: float, attempts: tuple[AttemptRecord, ...] = ()
    ) -> None:
        self.target = target
        self.retry_after_s = retry_after_s
        self.attempts = attempts

    def __str__(self) -> str:
        """What happened, and when to try again."""
        sent = f"{len(self.attempts)} attempts were made" if self.attempts else "nothing was sent"
        return (
            f"the circuit to {self.target} is open: {sent}; try again in {self.retry_after_s:.0f} s"
        )


class AttemptError(ResilienceError):
    """One attempt failed; `sent` tells whether the server may have seen the request.

    `response` is the answer that was refused, for what arrived of it; None when none did.
    """

    def __init__(self, message: str, *, sent: bool = True, response: object | None = None) -> None:
        super().__init__(message)
        self.sent = sent
        self.response = response


class ConnectionFailed(AttemptError):
    """The connection was refused, reset or cut."""


class AttemptTimedOut(AttemptError):
    """The attempt took longer than it may; `phase` is connect, read, total or deadline."""

    def __init__(self, phase: str, limit_s: float, *, sent: bool = True) -> None:
        super().__init__(f"no answer within {limit_s:g} s ({phase})", sent=sent)
        self.phase = phase
        self.limit_s = limit_s


class ProtocolError(AttemptError):
    """The answer was not what HTTP or the service's contract allows."""


class CallFailed(ResilienceError):
    """The operation failed; `attempts` lists what was tried, `stop_reason` why it ended."""

    def __init__(
        self, message: str, *, attempts: Sequence[AttemptRecord] = (), stop_reason: str = "none"
    ) -> None:
        super().__init__(message)
        self.attempts = tuple(attempts)
        self.stop_reason = stop_reason


class RetriesExhausted(CallFailed):
    """Every attempt failed; `response` is the last answer, if there was one."""

    def __init__(
        self,
        message: str,
        *,
        attempts: Sequence[AttemptRecord] = (),
        stop_reason: str = "attempts_exhausted",
        response: object | None = None,
    ) -> None:
        super().__init__(message, attempts=attempts, stop_reason=stop_reason)
        self.response = response


class RateLimited(CallFailed):
    """The service said 429; try again after `retry_after_s` seconds."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float,
        attempts: Sequence[AttemptRecord] = (),
        stop_reason: str = "retry_after_too_long",
    ) -> None:
        super().__init__(message, attempts=attempts, stop_reason=stop_reason)
        self.retry_after_s = retry_after_s


class DeadlineExceeded(CallFailed):
    """The operation's `deadline_s` passed, or the next wait or attempt would have passed it."""

    def __init__(
        self, message: str, *, deadline_s: float, attempts: Sequence[AttemptRecord] = ()
    ) -> None:
        super().__init__(message, attempts=attempts, stop_reason="deadline")
        self.deadline_s = deadline_s


class OutcomeUnknown(CallFailed):
    """The request may have taken effect; ask the service before sending it anew.

    `retry_after_s` is how long an open circuit rests, 0.0 when it is not open.
    """

    def __init__(
        self,
        message: str,
        *,
        attempts: Sequence[AttemptRecord] = (),
        stop_reason: str = "none",
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(message, attempts=attempts, stop_reason=stop_reason)
        self.retry_after_s = retry_after_s


class CallCancelled(CallFailed):
    """The process was told to stop while the operation waited."""
