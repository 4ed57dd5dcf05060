"""Bugs in labels: an event that says something else than what happened."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.honesty.bugs.registry import add, bug, changed, wrap

from resilience.declare import Event
from resilience.events import ErrorType, Outcome, Phase, Resend, State, StopReason
from resilience.telemetry.counters import Counters
from resilience.telemetry.recorder import Recorder
from resilience.vocabulary import LimitResult

KIND = "wrong label"
Changes = Callable[[Any], dict[str, Any]]


def _otherwise(
    name: str,
    changes: Changes,
    original: Callable[..., None],
    sink: object,
    event: Event,
    *rest: Any,
) -> None:
    original(sink, changed(event, **changes(event)) if event.name == name else event, *rest)


def _declare(name: str, says: str, event: str, changes: Changes) -> None:
    """In every signal alike: only the wire, or another event, knows better."""
    add(
        name,
        KIND,
        says,
        partial(wrap, Recorder, "__call__", partial(_otherwise, event, changes)),
    )


def _in_metrics(name: str, says: str, event: str, changes: Changes) -> None:
    add(
        name,
        KIND,
        says,
        partial(wrap, Counters, "record", partial(_otherwise, event, changes)),
    )


_declare(
    "a-503-is-a-502",
    "a 503 is told as a 502",
    "attempt.finished",
    lambda e: (
        {"error_type": ErrorType.BAD_GATEWAY, "http_response_status_code": "502"}
        if e.error_type == "503"
        else {}
    ),
)
_declare(
    "resends-from-zero",
    "the first resend is told as a first attempt",
    "attempt.finished",
    lambda e: {"resend": Resend.FIRST, "resend_count": None} if e.resend_count == 1 else {},
)
_declare(
    "all-is-well",
    "a failed operation is told as a success",
    "operation.finished",
    lambda e: {"outcome": Outcome.SUCCESS} if e.outcome == "error" else {},
)
_declare(
    "never-retried",
    "an operation that was retried says it was not",
    "operation.finished",
    lambda e: {"retried": False},
)
_declare(
    "too-few-attempts",
    "an operation tells one attempt less",
    "operation.finished",
    lambda e: {"attempts": e.attempts - 1} if e.attempts > 1 else {},
)
_declare(
    "states-swapped",
    "a transition is told in the other direction",
    "circuit_breaker.transition",
    lambda e: {"from_state": e.to_state, "to_state": e.from_state},
)
_declare(
    "half-open-is-open",
    "a probe is told as if the circuit had stayed open",
    "circuit_breaker.transition",
    lambda e: {"to_state": State.OPEN} if e.to_state == "half_open" else {},
)
_declare(
    "timeouts-while-connecting",
    "a silence is told as a failure to connect",
    "timeout.elapsed",
    lambda e: {"phase": Phase.CONNECT},
)
_declare(
    "retries-for-429",
    "a retry is told to be for another reason",
    "retry.started",
    lambda e: {"reason": ErrorType.TOO_MANY},
)
_declare(
    "conflicts-are-creations",
    "a refused booking is told as one that was made",
    "booking.appointment",
    lambda e: {"result": type(e.result)("created")} if e.result == "conflict" else {},
)
_declare(
    "replays-are-creations",
    "a repeated answer is told as a booking",
    "booking.appointment",
    lambda e: {"result": type(e.result)("created")} if e.result == "replayed" else {},
)
_declare(
    "rejected-but-acquired",
    "a request that was refused is told as admitted",
    "rate_limiting.reject",
    lambda e: {"result": LimitResult.ACQUIRED},
)
_declare(
    "served-in-vain",
    "every answer is told as a 200",
    "request.served",
    lambda e: {"http_response_status_code": "200", "error_type": ErrorType.NONE},
)
_in_metrics(
    "other-operation-counted",
    "attempts are counted for another operation",
    "attempt.finished",
    lambda e: {"operation": "list_services"},
)
_in_metrics(
    "other-reason-counted",
    "a suppressed retry is counted for another reason",
    "retry.suppressed",
    lambda e: {"stop_reason": StopReason.DEADLINE},
)


@bug(KIND, "no attempt says how often it was sent before")
def no_resend_count() -> None:
    """The attribute of the convention is missing."""
    changes = partial(_otherwise, "attempt.finished", lambda e: {"resend_count": None})
    wrap(Recorder, "__call__", changes)
