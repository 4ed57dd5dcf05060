"""The series that events are counted in.

Those of prometheus_client check and copy each exemplar when it is given, which costs more than
all else about a metric. These keep the ids as they come and leave their writing to the scrape,
which prometheus_client does; a test holds its text against that of the stock metrics.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import inf
from time import time
from typing import Any, Protocol

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.samples import Exemplar
from prometheus_client.utils import floatToGoString

from resilience.declare import Count
from resilience.declare import Metric as Declared
from resilience.telemetry.recorded_span import Ids

_Mark = tuple[Ids, float, float]
"""The last thing that was counted: the span to look it up in, its value, and when."""


def _exemplar(mark: _Mark | None) -> Exemplar | None:
    if mark is None:
        return None
    ids, value, at_s = mark
    return Exemplar({"trace_id": ids.trace_id, "span_id": ids.span_id}, value, at_s)


class Series(Protocol):
    """One combination of label values."""

    def record(self, value: float, ids: Ids) -> None:
        """Count one event of this value; safe from any thread."""


class CountSeries:
    """A sum of events."""

    __slots__ = ("_count", "_lock", "_mark")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0.0
        self._mark: _Mark | None = None

    def record(self, value: float, ids: Ids) -> None:
        """Count one more, whatever its value, with an exemplar when its span is sampled."""
        del value
        mark = (ids, 1.0, time()) if ids.sampled else None
        with self._lock:
            self._count += 1.0
            self._mark = mark or self._mark

    def read(self) -> tuple[float, Exemplar | None]:
        """The sum and its exemplar."""
        with self._lock:
            count, mark = self._count, self._mark
        return count, _exemplar(mark)


class MeasureSeries:
    """Values in buckets, and their sum."""

    __slots__ = ("_bounds", "_counts", "_lock", "_marks", "_sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._lock = threading.Lock()
        self._bounds = bounds
        self._counts = [0.0] * len(bounds)
        self._marks: list[_Mark | None] = [None] * len(bounds)
        self._sum = 0.0

    def record(self, value: float, ids: Ids) -> None:
        """Put a value into the first bucket that holds it."""
        mark = (ids, value, time()) if ids.sampled else None
        place = bisect_left(self._bounds, value)
        with self._lock:
            self._sum += value
            self._counts[place] += 1.0
            if mark is not None:
                self._marks[place] = mark

    def read(self) -> tuple[list[float], list[Exemplar | None], float]:
        """How many values each bucket holds with those below it, exemplars, and the sum."""
        with self._lock:
            counts, marks, total = [*accumulate(self._counts)], [*self._marks], self._sum
        return counts, [_exemplar(mark) for mark in marks], total


class Family:
    """All series of one metric, made as they are asked for."""

    def __init__(self, metric: Declared, names: Sequence[str]) -> None:
        self._metric = metric
        self._names = names
        self._bounds = () if isinstance(metric, Count) else (*metric.buckets, inf)
        self._counts: dict[tuple[str, ...], CountSeries] = {}
        self._measures: dict[tuple[str, ...], MeasureSeries] = {}

    def series(self, values: tuple[str, ...]) -> Series:
        """The series of these label values, at 0 if it is new."""
        if self._bounds:
            return self._measures.setdefault(values, MeasureSeries(self._bounds))
        return self._counts.setdefault(values, CountSeries())

    def collect(self) -> Metric:
        """What a scrape shows."""
        if self._bounds:
            return self._histogram(list(self._measures.items()))
        family = CounterMetricFamily(self._metric.name, self._metric.help, labels=self._names)
        for values, series in list(self._counts.items()):
            count, exemplar = series.read()
            family.add_metric(values, count, exemplar=exemplar)
        return family

    def _histogram(self, found: Iterable[tuple[tuple[str, ...], MeasureSeries]]) -> Metric:
        family = HistogramMetricFamily(self._metric.name, self._metric.help, labels=self._names)
        bounds = [floatToGoString(bound) for bound in self._bounds]  # type: ignore[no-untyped-call]  # untyped there
        for values, series in found:
            counts, exemplars, total = series.read()
            buckets: list[Any] = [*zip(bounds, counts, exemplars, strict=True)]
            family.add_metric(values, buckets, total)
        return family
