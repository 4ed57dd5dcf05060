"""Protections that leave evidence: calls and servers that survive faults and tell of each one.

Calling: `create_http_session` gives a `ProtectedSession` with deadline, retry, circuit breaker
and attempt timeout; `api_call_with_protection` is the same for one call. What goes wrong is an
error of the tree below `ResilienceError`. Serving: an `Edge` in front of a WSGI application,
with `record_served` inside it, run by `serve`. Telling: `Telemetry` makes a span, an increment
and a log line of each `Event`. For tests, see `resilience.testing`.
"""

from resilience.breaker import CircuitBreaker
from resilience.clock import Clock, SystemClock
from resilience.context import generate_request_id
from resilience.declare import Count, Domain, Emit, Event, Label, Level, Measure, Span
from resilience.edge import Edge, Ports
from resilience.errors import (
    AttemptError,
    AttemptRecord,
    AttemptTimedOut,
    CallCancelled,
    CallFailed,
    CallNotSent,
    CircuitBreakerOpen,
    ConnectionFailed,
    DeadlineExceeded,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    ResilienceError,
    RetriesExhausted,
)
from resilience.events import CATALOGUE, Observe, SpanKind
from resilience.gauges import Gauge, Reading
from resilience.http_client import (
    ProtectedSession,
    api_call_with_protection,
    create_http_session,
    read_json,
)
from resilience.middleware import RequestIDMiddleware
from resilience.options import (
    BreakerOptions,
    BudgetOptions,
    ClientOptions,
    EdgeOptions,
    RetryOptions,
    TelemetryOptions,
    TimeoutOptions,
    WindowOptions,
)
from resilience.served import record_served
from resilience.server import serve
from resilience.telemetry.instrument import instrument_flask, instrument_requests
from resilience.telemetry.logs import get_logger, setup_structured_logging
from resilience.telemetry.setup import Telemetry

__all__ = [
    "AttemptError",
    "AttemptRecord",
    "AttemptTimedOut",
    "BreakerOptions",
    "BudgetOptions",
    "CATALOGUE",
    "CallCancelled",
    "CallFailed",
    "CallNotSent",
    "CircuitBreaker",
    "CircuitBreakerOpen",
    "ClientOptions",
    "Clock",
    "ConnectionFailed",
    "Count",
    "DeadlineExceeded",
    "Domain",
    "Edge",
    "EdgeOptions",
    "Emit",
    "Event",
    "Gauge",
    "Label",
    "Level",
    "Measure",
    "Observe",
    "OutcomeUnknown",
    "Ports",
    "ProtectedSession",
    "ProtocolError",
    "RateLimited",
    "Reading",
    "RequestIDMiddleware",
    "ResilienceError",
    "RetriesExhausted",
    "RetryOptions",
    "Span",
    "SpanKind",
    "SystemClock",
    "Telemetry",
    "TelemetryOptions",
    "TimeoutOptions",
    "WindowOptions",
    "api_call_with_protection",
    "create_http_session",
    "generate_request_id",
    "get_logger",
    "instrument_flask",
    "instrument_requests",
    "read_json",
    "record_served",
    "serve",
    "setup_structured_logging",
]
