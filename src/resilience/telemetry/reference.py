"""The reference page of all signals, written from their declarations."""

from collections.abc import Iterable, Sequence
from typing import Any

from resilience.declare import (
    Count,
    Domain,
    Event,
    Level,
    Measure,
    Metric,
    Span,
    label_names,
)
from resilience.gauges import Gauge

_MARKS = {Level.DEBUG: "debug", Level.INFO: "info", Level.WARNING: "warning", Level.ERROR: "error"}


def write_page(catalogue: Sequence[type[Event]], gauges: Sequence[Gauge]) -> str:
    """Markdown: every metric, every span and log event, every closed set of label values."""
    return "\n".join(
        [
            "# Signals",
            "",
            "Generated from the event catalogue by `make signals`; do not edit.",
            "",
            "Each event becomes three signals that carry the same trace id: a span, an increment",
            "(with an exemplar, in the OpenMetrics format) and one JSON log line.",
            "",
            "## Metrics",
            "",
            *_metrics(catalogue, gauges),
            "",
            "## Events",
            "",
            *_events(catalogue),
            "## Label values",
            "",
            *_values(catalogue),
            "",
        ]
    )


def _metrics(catalogue: Sequence[type[Event]], gauges: Sequence[Gauge]) -> Iterable[str]:
    yield "| name | type | labels | meaning |"
    yield "|---|---|---|---|"
    rows = {_metric_row(event, metric) for event in catalogue for metric in event.metrics}
    rows |= {_gauge_row(gauge) for gauge in gauges}
    yield from sorted(rows)


def _metric_row(event: type[Event], metric: Metric) -> str:
    labels = ", ".join(label_names(event, metric))
    if isinstance(metric, Measure):
        buckets = ", ".join(f"{bucket:g}" for bucket in metric.buckets)
        return f"| `{metric.name}` | histogram ({buckets}) | {labels} | {metric.help} |"
    return f"| `{metric.name}_total` | counter | {labels} | {metric.help} |"


def _gauge_row(gauge: Gauge) -> str:
    name, kind = (f"{gauge.name}_total", "counter") if gauge.counts else (gauge.name, "gauge")
    return f"| `{name}` | {kind} | {', '.join(gauge.labels)} | {gauge.help} |"


def _events(catalogue: Sequence[type[Event]]) -> Iterable[str]:
    for event in catalogue:
        yield f"### {event.name}"
        yield ""
        yield event.summary
        yield ""
        yield f"- log line: `event` is `{event.name}`, level {_MARKS[event.level]}"
        yield f"- span: {_span(event)}"
        yield f"- metrics: {', '.join(_metric_name(metric) for metric in event.metrics)}"
        yield f"- fields: {', '.join(_field(event, name) for name in event.fields())}"
        yield ""


def _span(event: type[Event]) -> str:
    if event.span is Span.CURRENT:
        return "completes the one that surrounds it"
    lasted = f", which lasts as long as `{event.lasted}` says" if event.lasted else ""
    return f"`{event.span_name}`{lasted}"


def _metric_name(metric: Metric) -> str:
    return f"`{metric.name}_total`" if isinstance(metric, Count) else f"`{metric.name}`"


def _field(event: type[Event], name: str) -> str:
    key = event.attributes.get(name, f"resilience.{name}")
    shown = f"`{name}`" + (" (label)" if name in event.labels else "")
    return f"{shown} as `{key}`" if key else shown


def _values(catalogue: Sequence[type[Event]]) -> Iterable[str]:
    found: dict[tuple[str, str], set[str]] = {}
    for event in catalogue:
        for metric in event.metrics:
            for name in label_names(event, metric):
                values = _closed_set(event.labels[name])
                found.setdefault((name, values), set()).add(_metric_name(metric))
    yield "| label | values | of |"
    yield "|---|---|---|"
    for (name, values), metrics in sorted(found.items()):
        yield f"| {name} | {values} | {', '.join(sorted(metrics))} |"


def _closed_set(kind: Any) -> str:
    if kind is bool:
        return "`false`, `true`"
    for mark in getattr(kind, "__metadata__", ()):
        if isinstance(mark, Domain):
            return "named when a process is composed; anything else is `other`"
    return ", ".join(f"`{member}`" if str(member) else "empty" for member in kind)
