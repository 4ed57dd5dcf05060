"""What is read when somebody asks, not told as it happens: states, levels and their sums."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Gauge:
    """A metric computed at each scrape; `counts` marks one that never goes down (`_total`)."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    counts: bool = False


class Reading(NamedTuple):
    """One value of a gauge, with the values of its labels in declared order."""

    gauge: Gauge
    values: tuple[str, ...]
    value: float


Readings = Callable[[], Iterable[Reading]]
"""How a policy is asked for its state; cheap, and safe from any thread."""

OPERATIONS_IN_PROGRESS = Gauge(
    "resilience_operations_in_progress", "Protected calls under way.", ("target", "operation")
)
RETRY_BUDGET_TOKENS = Gauge(
    "resilience_retry_budget_tokens",
    "Tokens left; no retries at half of the limit or less.",
    ("target",),
)
RETRY_BUDGET_LIMIT = Gauge(
    "resilience_retry_budget_limit", "Tokens of a full retry budget.", ("target",)
)
BREAKER_STATE = Gauge(
    "resilience_circuit_breaker_state",
    "1 for the state that holds: closed, open, half_open, forced_open, disabled or metrics_only.",
    ("target", "state"),
)
BREAKER_STATE_SECONDS = Gauge(
    "resilience_circuit_breaker_state_seconds",
    "Time spent in each state of resilience_circuit_breaker_state.",
    ("target", "state"),
    counts=True,
)
BREAKER_TRIPPING = Gauge(
    "resilience_circuit_breaker_tripping_ratio",
    "How near the circuit is to opening: 0 without failures, 1 while it is not closed.",
    ("target",),
)
BREAKER_CALLS = Gauge(
    "resilience_circuit_breaker_calls",
    "Attempts as the breaker judged them: success, failure, ignored, or rejected unsent.",
    ("target", "outcome"),
    counts=True,
)
ACTIVE_REQUESTS = Gauge(
    "http_server_active_requests", "Requests being served.", ("http_request_method",)
)
QUEUED_REQUESTS = Gauge("http_server_queued_requests", "Requests waiting for a worker thread.")
QUEUE_LIMIT = Gauge("http_server_queue_limit", "Requests that may wait before new ones are shed.")
BUSY_WORKERS = Gauge("http_server_busy_workers", "Worker threads at work.")
WORKERS = Gauge("http_server_workers", "Worker threads.")
LIMITER_STORAGE = Gauge(
    "rate_limiting_storage_state", "1 for the storage in use: primary or fallback.", ("state",)
)
TELEMETRY_DROPPED = Gauge(
    "telemetry_dropped",
    "Spans and log lines made but not delivered: queue_full, delivery_failed or shutdown.",
    ("signal", "reason"),
    counts=True,
)
TELEMETRY_FAILURES = Gauge(
    "telemetry_failures",
    "Spans, metrics and log lines of events, and readings of gauges, that could not be made.",
    ("signal", "reason"),
    counts=True,
)
TELEMETRY_MADE = Gauge(
    "telemetry_made", "Spans and log lines that were made.", ("signal",), counts=True
)
TELEMETRY_DELIVERED = Gauge(
    "telemetry_delivered",
    "Spans and log lines that reached their destination.",
    ("signal",),
    counts=True,
)

GAUGES: tuple[Gauge, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Gauge)
)
