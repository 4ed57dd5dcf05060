"""What the catalogue of events says about the records: which columns each event has where."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from resilience.declare import Count, Event, Metric, label_names
from resilience.declare import Span as Place
from resilience.events import CATALOGUE
from resilience.gauges import GAUGES, Gauge

Row = tuple[str, ...]


class Form:
    """One event of the catalogue: how its labels are read from a span and from a log line.

    `columns` are its labels and then the fields that decide whether a metric counts.
    """

    def __init__(self, event: type[Event]) -> None:
        self.event, self.name = event, event.name
        self.has_own_span = event.span is Place.OWN
        whens = dict.fromkeys(metric.when for metric in event.metrics if metric.when)
        self.columns = (*event.labels, *(when for when in whens if when not in event.labels))
        self._keys = tuple(event.attributes.get(c, f"resilience.{c}") for c in self.columns)

    def of_line(self, line: Mapping[str, Any]) -> Row:
        """The columns of a log line."""
        return tuple([_text(line.get(column)) for column in self.columns])

    def of_span(self, attributes: Mapping[str, Any]) -> Row:
        """The columns of a span; those that spans do not carry are empty."""
        return tuple([_text(attributes.get(key)) for key in self._keys])

    def projection(self, metric: Metric) -> Callable[[Row], Row | None]:
        """From the columns to the labels of a metric; None where it does not count."""
        places = tuple(self.columns.index(name) for name in label_names(self.event, metric))
        when = self.columns.index(metric.when) if metric.when else -1

        def project(row: Row) -> Row | None:
            if when >= 0 and row[when] in ("", "false"):
                return None
            return tuple([row[place] for place in places])

        return project


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def series_name(metric: Metric) -> str:
    """The sample of a metric that counts how often it was recorded."""
    return f"{metric.name}_total" if isinstance(metric, Count) else f"{metric.name}_count"


class Catalogue:
    """All events and gauges that the processes of a run may tell."""

    def __init__(
        self, events: Sequence[type[Event]] = CATALOGUE, gauges: Sequence[Gauge] = GAUGES
    ) -> None:
        self.events = {event.name: Form(event) for event in events}
        self.gauges = {gauge.name: gauge for gauge in gauges}
        self.own_spans = {
            form.event.span_name: form for form in self.events.values() if form.has_own_span
        }

    def sharing(self, metric: Metric) -> list[Form]:
        """The events that this metric counts."""
        return [form for form in self.events.values() if metric in form.event.metrics]

    def metrics(self) -> Iterable[tuple[Metric, tuple[Form, ...]]]:
        """Each metric once, with all the events that it counts."""
        found: dict[str, tuple[Metric, list[Form]]] = {}
        for form in self.events.values():
            for metric in form.event.metrics:
                found.setdefault(metric.name, (metric, []))[1].append(form)
        return [(metric, tuple(events)) for metric, events in found.values()]
