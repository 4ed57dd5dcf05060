"""What one event left behind in each signal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from resilience.declare import Count, Event, Span, label_names
from resilience.telemetry.trace import SpanRecord
from resilience.testing import Signals

OPEN_METRICS = "application/openmetrics-text"
Series = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The lines, the spans and the series of the first metric of one kind of event, so far."""

    event: type[Event]
    lines: list[Mapping[str, Any]]
    spans: list[SpanRecord]
    series: Mapping[Series, float]
    exemplars: Mapping[Series, list[Mapping[str, str]]]


def evidence(signals: Signals, event: type[Event]) -> Evidence:
    """What the signals hold of an event now."""
    series: dict[Series, float] = {}
    exemplars: dict[Series, list[Mapping[str, str]]] = {}
    metric = event.metrics[0]
    counted = metric.name + ("_total" if isinstance(metric, Count) else "_count")
    marked = metric.name + ("_total" if isinstance(metric, Count) else "_bucket")
    text = signals.telemetry.metrics(OPEN_METRICS)[1].decode()
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]  # untyped there
        for sample in family.samples:
            labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
            if sample.name == counted:
                series[labels] = sample.value
            if sample.name == marked and sample.exemplar:
                exemplars.setdefault(labels, []).append(sample.exemplar.labels)
    return Evidence(event, signals.lines(event.name), signals.spans(), series, exemplars)


@dataclass(frozen=True, slots=True)
class Change:
    """What came to the evidence in between."""

    before: Evidence
    after: Evidence

    @property
    def lines(self) -> list[Mapping[str, Any]]:
        """The new log lines of the event."""
        return self.after.lines[len(self.before.lines) :]

    @property
    def increments(self) -> dict[Series, float]:
        """By how much each series of the first metric changed, if it did."""
        old, new = self.before.series, self.after.series
        found = {labels: value - old.get(labels, 0.0) for labels, value in new.items()}
        return {labels: delta for labels, delta in found.items() if delta}

    def series_of(self, line: Mapping[str, Any]) -> Series:
        """The series that an event with this line belongs to."""
        names = label_names(self.after.event, self.after.event.metrics[0])
        return tuple(sorted((name, _label(line[name])) for name in names))

    def spans_of(self, line: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Trace and span id of each new span that tells the same as the line."""
        told = self.after.spans[len(self.before.spans) :]
        return [(s.trace_id, s.span_id) for s in told if _tells(s, self.after.event, line)]

    def exemplars_of(self, series: Series) -> list[tuple[str, str]]:
        """Trace and span id of each exemplar that a series has got."""
        new, old = (e.exemplars.get(series, []) for e in (self.after, self.before))
        return [(each["trace_id"], each["span_id"]) for each in new if each not in old]


def _tells(span: SpanRecord, event: type[Event], line: Mapping[str, Any]) -> bool:
    if event.span is Span.OWN and span.name != event.span_name:
        return False
    return _attributes(event, line).items() <= span.attributes.items()


def _attributes(event: type[Event], line: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that the event gives its span, from the fields of its line."""
    names = {field: event.attributes.get(field, f"resilience.{field}") for field in event.fields()}
    return {key: line[f] for f, key in names.items() if key and line[f] not in (None, "")}


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
