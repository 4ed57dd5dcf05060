"""What each event leaves behind: a span, series that go up, one log line. From docs/signals.md."""

from bisect import bisect_left
from collections import Counter
from functools import cache
from typing import Any, NamedTuple

TARGET = "api"
HOST = "service.test"
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 67)
_CALL = ("target", "operation")
_CLIENT = ("http_request_method", "server_address", "http_response_status_code", "error_type")
STATUSES = ("200", "201", "404", "429", "500", "503", "")
"""The statuses that the metrics know by name."""
Counted = Counter[tuple[Any, ...]]
"""What goes up by how much: a series as (name, "", "sum" or a bucket's place, label values)."""


class _Kind(NamedTuple):
    """One event: how loud, its own span if it has one, its counter and its histogram."""

    level: str
    span: str
    counts: tuple[str, tuple[str, ...]]
    measures: tuple[str, tuple[str, ...], str] | None = None


_KINDS = {
    "operation.finished": _Kind(
        "info",
        "",
        ("resilience_operations", (*_CALL, "outcome", "retried", "stop_reason")),
        ("resilience_operation_duration_seconds", (*_CALL, "outcome"), "duration_s"),
    ),
    "attempt.finished": _Kind(
        "info",
        "",
        ("resilience_attempts", (*_CALL, "error_type", "resend")),
        ("http_client_request_duration_seconds", _CLIENT, "duration_s"),
    ),
    "retry.started": _Kind(
        "warning",
        "resilience.retry",
        ("resilience_retries", (*_CALL, "reason")),
        ("resilience_retry_delay_seconds", (*_CALL, "source"), "delay_s"),
    ),
    "retry.suppressed": _Kind(
        "warning",
        "resilience.retry_suppressed",
        ("resilience_retries_suppressed", (*_CALL, "stop_reason")),
    ),
    "timeout.elapsed": _Kind(
        "warning", "resilience.timeout", ("resilience_timeouts", (*_CALL, "phase"))
    ),
    "rate_limited.received": _Kind(
        "warning", "resilience.rate_limited", ("resilience_rate_limited", _CALL)
    ),
    "retry_after.rejected": _Kind(
        "warning", "resilience.retry_after", ("resilience_retry_after_rejected", _CALL)
    ),
    "circuit_breaker.transition": _Kind(
        "warning",
        "resilience.circuit_breaker.transition",
        (
            "resilience_circuit_breaker_transitions",
            ("target", "from_state", "to_state", "reason"),
        ),
    ),
    "circuit_breaker.reject": _Kind(
        "warning",
        "resilience.circuit_breaker.reject",
        ("resilience_circuit_breaker_rejections", ("target",)),
    ),
}
_LABELS = {
    metric[0]: metric[1]
    for kind in _KINDS.values()
    for metric in (kind.counts, kind.measures)
    if metric is not None
}
_LASTS = {"retry.started": "delay_s", "timeout.elapsed": "elapsed_s"}
_FORM = {"logger": "resilience", "service": "simulation", "trace_flags": "01"}
_HEADS = {event: {"level": kind.level, "event": event, **_FORM} for event, kind in _KINDS.items()}


@cache
def attribute(field: str) -> str:
    """The name of a span's attribute that holds this field of an event."""
    return f"resilience.{field}"


class Trace:
    """The spans, in the order of their ends, and the lines of one operation."""

    def __init__(self, request_id: str, counted: Counted) -> None:
        self.spans: list[dict[str, Any]] = []
        self.lasted: list[float] = []
        self.lines: list[dict[str, Any]] = []
        self.current = ""
        self._own = 0
        self._request = {"request_id": request_id} if request_id else {}
        self._counted = counted

    def tell(self, event: str, **fields: Any) -> None:
        """One event: its line, its series and, if it has one, its own span."""
        kind = _KINDS[event]
        span = self.current
        if kind.span:
            self._own += 1
            span = f"own {self._own}"
            told = {attribute(k): v for k, v in fields.items() if v is not None and v != ""}
            self.end_span(span, kind.span, "internal", self.current, told)
            self.lasted.append(fields.get(_LASTS.get(event, ""), 0.0))
        self.lines.append({**_HEADS[event], "span": span, **self._request, **fields})
        self._count(kind, fields)

    def end_span(
        self, ref: str, name: str, kind: str, parent: str, told: dict[str, Any], error: str = ""
    ) -> None:
        """A span ended; an error type makes its status an error."""
        if error:
            told = {**told, "error.type": error}
        self.spans.append(
            {
                "ref": ref,
                "name": name,
                "kind": kind,
                "parent": parent,
                "status": "error" if error else "unset",
                "attributes": told,
            }
        )

    def told(self) -> dict[str, Any]:
        """Its spans, how long its own spans lasted at least, and its lines."""
        return {"spans": self.spans, "lasted": self.lasted, "lines": self.lines}

    def _count(self, kind: _Kind, fields: dict[str, Any]) -> None:
        name, labels = kind.counts
        self._counted[name, "", *[fields[label] for label in labels]] += 1
        if kind.measures is not None:
            name, labels, measured = kind.measures
            values, value = [fields[label] for label in labels], fields[measured]
            self._counted[name, bisect_left(_BOUNDS, value), *values] += 1
            self._counted[name, "sum", *values] += value


def exposed(counted: Counted) -> dict[tuple[str, ...], float]:
    """The changes of all samples, as a scrape would show them."""
    samples: Counter[tuple[str, ...]] = Counter()
    for (name, what, *values), value in counted.items():
        labels = [_label(*pair) for pair in zip(_LABELS[name], values, strict=True)]
        if what == "sum":
            samples[f"{name}_sum", *labels] += value
        elif what == "":
            samples[f"{name}_total", *labels] += value
        else:
            samples[f"{name}_count", *labels] += value
            for bound in _WRITTEN[what:]:
                samples[f"{name}_bucket", *labels, bound] += value
    return {key: value for key, value in samples.items() if value}


_WRITTEN = [*(str(float(bound)) for bound in _BOUNDS), "+Inf"]


def _label(name: str, value: Any) -> str:
    if name == "http_response_status_code" and value not in STATUSES:
        return "other"
    return str(value).lower() if isinstance(value, bool) else str(value)
