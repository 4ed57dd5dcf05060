"""The one maker of metrics."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from operator import itemgetter
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from resilience.declare import Count, Domains, Event, label_names, label_values
from resilience.declare import Metric as Declared
from resilience.gauges import TELEMETRY_FAILURES, Gauge, Reading, Readings
from resilience.telemetry.recorded_span import Ids
from resilience.telemetry.series import Family, Series

OTHER = "other"


class Counters(Collector):
    """Counters and histograms of a catalogue, and the gauges of whoever is watched.

    Every series that the declarations and `domains` let one know exists at 0 from the start. A
    label value outside its closed set is recorded as "other", so that no caller can add series.
    """

    def __init__(
        self, registry: CollectorRegistry, catalogue: Sequence[type[Event]], domains: Domains
    ) -> None:
        self._registry = registry
        recorded: dict[Declared, _Recorded] = {}  # one for each metric, also of several events
        for event in catalogue:
            for metric in event.metrics:
                if metric not in recorded:
                    recorded[metric] = _Recorded(event, metric, domains)
                recorded[metric].expect(event)
        self._families = [one.family for one in recorded.values()]
        self._metrics = {
            event: tuple(recorded[metric] for metric in event.metrics) for event in catalogue
        }
        self._watched: list[Readings] = []
        self._failures = 0
        registry.register(self)

    def record(self, event: Event, ids: Ids) -> None:
        """Count an event; with an exemplar when its span is sampled."""
        values = event.__dict__
        for metric in self._metrics[type(event)]:
            metric.record(values, ids)

    def watch(self, readings: Readings) -> None:
        """Ask `readings` at each scrape from now on."""
        self._watched.append(readings)

    def collect(self) -> Iterable[Metric]:
        """What was counted, and the gauges, read now.

        A source of gauges that raises is left out and counted. Two sources with the same series
        are added up, since a scrape may show it only once.
        """
        yield from [family.collect() for family in self._families]
        yield from self._gauges()

    def _gauges(self) -> Iterable[Metric]:
        found: dict[Gauge, dict[tuple[str, ...], float]] = {}
        for readings in (*self._watched, self._own_readings):
            for reading in self._read(readings):
                series = found.setdefault(reading.gauge, {})
                series[reading.values] = series.get(reading.values, 0.0) + reading.value
        return [_family(gauge, series) for gauge, series in found.items()]

    def _read(self, readings: Readings) -> Iterable[Reading]:
        try:
            return tuple(readings())
        except Exception:  # one policy's trouble must not hide the metrics of all
            self._failures += 1
            return ()

    def _own_readings(self) -> Iterable[Reading]:
        yield Reading(TELEMETRY_FAILURES, ("gauge", "raised"), self._failures)

    def expose(self, accept: str) -> tuple[str, bytes]:
        """Content type and body of `/metrics`: OpenMetrics, with exemplars, when asked for."""
        if "application/openmetrics-text" in accept.lower():
            return openmetrics.CONTENT_TYPE_LATEST, openmetrics.generate_latest(  # type: ignore[no-untyped-call]  # untyped there
                self._registry
            )
        return CONTENT_TYPE_PLAIN_0_0_4, prometheus_client.generate_latest(self._registry)


def _family(gauge: Gauge, series: dict[tuple[str, ...], float]) -> Metric:
    make = CounterMetricFamily if gauge.counts else GaugeMetricFamily
    family = make(gauge.name, gauge.help, labels=gauge.labels)
    for values, value in series.items():
        family.add_metric(values, value)
    return family


class _Recorded:
    """One metric, with its series bound once."""

    def __init__(self, event: type[Event], metric: Declared, domains: Domains) -> None:
        self._names = label_names(event, metric)
        self._sets = [frozenset(label_values(event.labels[n], domains)) for n in self._names]
        self._read = itemgetter(*self._names) if self._names else _unlabelled
        self._single = len(self._names) == 1
        self._metric, self._domains = metric, domains
        self._when = metric.when
        self._value = "" if isinstance(metric, Count) else metric.value
        self._bound: dict[Any, Series] = {}
        self.family = Family(metric, self._names)

    def expect(self, event: type[Event]) -> None:
        """Show every series at 0 that is known of an event before it happens."""
        named = {
            name: tuple(value for value in values if value != OTHER)
            for name, values in self._domains.items()
        }
        known = event.known(self._metric, named)
        if known is None:
            known = product(*(label_values(event.labels[name], named) for name in self._names))
        for values in known:
            self._bound[values[0] if self._single else values] = self.family.series(values)

    def record(self, values: Mapping[str, Any], ids: Ids) -> None:
        """Count what the fields of an event say."""
        if self._when and not values[self._when]:
            return
        key = self._read(values)
        series = self._bound.get(key) or self._bind_late(key)
        series.record(values[self._value] if self._value else 1.0, ids)

    def _bind_late(self, key: Any) -> Series:
        """A series that was not known at the start; only closed sets of values are kept."""
        given = (key,) if self._single else key
        values = tuple(_text(value) for value in given)
        closed = tuple(v if v in s else OTHER for v, s in zip(values, self._sets, strict=True))
        series = self.family.series(closed)
        if closed == values and all(isinstance(value, str | bool) for value in given):
            self._bound[key] = series
        return series


def _unlabelled(values: Mapping[str, Any]) -> tuple[()]:
    del values
    return ()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
