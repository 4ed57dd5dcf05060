"""What the policies of an outgoing call tell."""

from collections.abc import Iterable

from resilience.declare import Count, Domains, Event, Label, Level, Measure, Metric, Span
from resilience.vocabulary import (
    Address,
    DelaySource,
    ErrorType,
    Method,
    Operation,
    Outcome,
    Phase,
    Resend,
    State,
    Status,
    StopReason,
    Target,
    TransitionReason,
)

_CALL = ("target", "operation")
_ATTEMPT_ATTRIBUTES = {
    "resend_count": "http.request.resend_count",
    "error_type": "resilience.error_type",
    "http_request_method": "",
    "server_address": "",
    "http_response_status_code": "",
    "resend": "",
    "duration_s": "",
}


class OperationFinished(Event):
    """A protected call ended for its caller, after all its attempts and waits."""

    name, level, span = "operation.finished", Level.INFO, Span.CURRENT
    metrics = (
        Count("resilience_operations", "Protected calls that ended."),
        Measure(
            "resilience_operation_duration_seconds",
            "Time of protected calls, waits included.",
            "duration_s",
            ("target", "operation", "outcome"),
        ),
    )
    attributes = {"error_type": "", "target": "", "operation": "", "duration_s": ""}
    target: Label[Target]
    operation: Label[Operation]
    outcome: Label[Outcome]
    retried: Label[bool]
    stop_reason: Label[StopReason]
    error_type: ErrorType
    attempts: int
    waited_s: float
    deadline_s: float
    duration_s: float

    @property
    def failed(self) -> str:
        """The error that the caller saw; a rescued operation has none."""
        return "" if self.outcome is Outcome.SUCCESS else self.error_type or "other"


class AttemptFinished(Event):
    """One attempt was sent and ended, with an answer or without."""

    name, level, span = "attempt.finished", Level.INFO, Span.CURRENT
    metrics = (
        Count(
            "resilience_attempts",
            "Attempts put on the wire.",
            ("target", "operation", "error_type", "resend"),
        ),
        Measure(
            "http_client_request_duration_seconds",
            "Time of attempts, from connecting to the last byte.",
            "duration_s",
            (
                "http_request_method",
                "server_address",
                "http_response_status_code",
                "error_type",
            ),
        ),
    )
    attributes = _ATTEMPT_ATTRIBUTES
    target: Label[Target]
    operation: Label[Operation]
    error_type: Label[ErrorType]
    resend: Label[Resend]
    http_request_method: Label[Method]
    server_address: Label[Address]
    http_response_status_code: Label[Status]
    resend_count: int | None
    attempt: int
    connection_reused: bool
    duration_s: float

    @classmethod
    def known(cls, metric: Metric, domains: Domains) -> Iterable[tuple[str, ...]] | None:
        """For the histogram, the successes of each method that a client uses.

        A histogram has a score of lines for each series, and the counter has every failure.
        """
        if metric.name == "resilience_attempts":
            return None
        methods = (("GET", "200"), ("POST", "200"), ("POST", "201"), ("PATCH", "200"))
        return [(m, address, s, "") for m, s in methods for address in domains["server_address"]]


class RetryStarted(Event):
    """A wait ended and the next attempt is being sent."""

    name, level, span = "retry.started", Level.WARNING, Span.OWN
    metrics = (
        Count("resilience_retries", "Attempts after the first.", (*_CALL, "reason")),
        Measure(
            "resilience_retry_delay_seconds",
            "Time waited before attempts after the first.",
            "delay_s",
            (*_CALL, "source"),
        ),
    )
    lasted = "delay_s"
    target: Label[Target]
    operation: Label[Operation]
    reason: Label[ErrorType]
    source: Label[DelaySource]
    attempt: int
    delay_s: float


class RetrySuppressed(Event):
    """An attempt failed and, for the reason given, no further one was sent."""

    name, level, span = "retry.suppressed", Level.WARNING, Span.OWN
    span_name = "resilience.retry_suppressed"
    metrics = (
        Count(
            "resilience_retries_suppressed",
            "Failed attempts that were not followed by another.",
            (*_CALL, "stop_reason"),
        ),
    )
    target: Label[Target]
    operation: Label[Operation]
    stop_reason: Label[StopReason]
    reason: ErrorType
    attempt: int


class TimedOut(Event):
    """An attempt took longer than it may and was given up."""

    name, level, span = "timeout.elapsed", Level.WARNING, Span.OWN
    metrics = (
        Count("resilience_timeouts", "Attempts given up for time, by what they waited for."),
    )
    lasted = "elapsed_s"
    target: Label[Target]
    operation: Label[Operation]
    phase: Label[Phase]
    limit_s: float
    elapsed_s: float


class RateLimitReceived(Event):
    """The service answered 429."""

    name, level, span = "rate_limited.received", Level.WARNING, Span.OWN
    metrics = (Count("resilience_rate_limited", "Answers with status 429."),)
    target: Label[Target]
    operation: Label[Operation]
    retry_after_s: float


class RetryAfterRejected(Event):
    """A Retry-After header was not a number of seconds or a date, and was ignored."""

    name, level, span = "retry_after.rejected", Level.WARNING, Span.OWN
    metrics = (Count("resilience_retry_after_rejected", "Retry-After headers not understood."),)
    target: Label[Target]
    operation: Label[Operation]


class BreakerTransition(Event):
    """The circuit breaker changed its state."""

    name, level, span = "circuit_breaker.transition", Level.WARNING, Span.OWN
    span_name = "resilience.circuit_breaker.transition"
    metrics = (
        Count(
            "resilience_circuit_breaker_transitions",
            "Changes of a circuit breaker's state.",
        ),
    )
    target: Label[Target]
    from_state: Label[State]
    to_state: Label[State]
    reason: Label[TransitionReason]

    @classmethod
    def known(cls, metric: Metric, domains: Domains) -> Iterable[tuple[str, ...]] | None:
        """The moves that a breaker makes by itself."""
        del metric
        closed, opened, half = State.CLOSED, State.OPEN, State.HALF_OPEN
        moves = [(closed, opened, r) for r in list(TransitionReason)[:3]]
        moves += [
            (opened, half, TransitionReason.BREAK_OVER),
            (half, closed, TransitionReason.PROBE_SUCCEEDED),
            (half, opened, TransitionReason.PROBE_FAILED),
        ]
        return [(t, *map(str, move)) for t in domains["target"] for move in moves]


class BreakerRejected(Event):
    """The circuit was open and a call was refused without being sent."""

    name, level, span = "circuit_breaker.reject", Level.WARNING, Span.OWN
    span_name = "resilience.circuit_breaker.reject"
    metrics = (Count("resilience_circuit_breaker_rejections", "Calls refused by an open circuit."),)
    target: Label[Target]
    retry_after_s: float
