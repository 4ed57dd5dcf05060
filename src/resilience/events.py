"""The catalogue: every event of the library, its words, and the ports they are told through."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol

from resilience.client_events import (
    AttemptFinished,
    BreakerRejected,
    BreakerTransition,
    OperationFinished,
    RateLimitReceived,
    RetryAfterRejected,
    RetryStarted,
    RetrySuppressed,
    TimedOut,
)
from resilience.declare import Emit, Event, ignore
from resilience.server_events import (
    NearLimit,
    RateLimitRejected,
    RequestResent,
    RequestServed,
    RequestShed,
)
from resilience.vocabulary import (
    Address,
    DelaySource,
    ErrorType,
    LimitResult,
    Method,
    Operation,
    Outcome,
    Phase,
    Policy,
    Resend,
    Route,
    ShedReason,
    State,
    Status,
    StopReason,
    Target,
    TransitionReason,
)

__all__ = [
    "Address",
    "AttemptFinished",
    "BreakerRejected",
    "BreakerTransition",
    "CATALOGUE",
    "DelaySource",
    "Emit",
    "ErrorType",
    "Event",
    "LimitResult",
    "Method",
    "NearLimit",
    "Observe",
    "Operation",
    "OperationFinished",
    "Outcome",
    "Phase",
    "Policy",
    "RateLimitReceived",
    "RateLimitRejected",
    "RequestResent",
    "RequestServed",
    "RequestShed",
    "Resend",
    "RetryAfterRejected",
    "RetryStarted",
    "RetrySuppressed",
    "Route",
    "ShedReason",
    "SpanKind",
    "State",
    "Status",
    "StopReason",
    "Target",
    "TimedOut",
    "TransitionReason",
    "ignore",
    "unobserved",
]

CATALOGUE: tuple[type[Event], ...] = (
    OperationFinished,
    AttemptFinished,
    RetryStarted,
    RetrySuppressed,
    TimedOut,
    RateLimitReceived,
    RetryAfterRejected,
    BreakerTransition,
    BreakerRejected,
    RequestServed,
    RateLimitRejected,
    NearLimit,
    RequestShed,
    RequestResent,
)
"""Every event of the library, in the order of the reference page."""


class SpanKind(StrEnum):
    """The role of a span that surrounds work."""

    INTERNAL = "internal"
    CLIENT = "client"
    SERVER = "server"


class Observe(Protocol):
    """Opens a span round a piece of work; what is emitted inside belongs to it."""

    def __call__(
        self,
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, str | int | float | bool] | None = None,
    ) -> AbstractContextManager[object]:
        """A context manager; an exception passes through it and marks the span as failed."""


def unobserved(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, str | int | float | bool] | None = None,
) -> AbstractContextManager[object]:
    """An `Observe` that records nothing."""
    del name, kind, attributes
    return nullcontext()
