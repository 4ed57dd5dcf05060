"""Our series say in a scrape what those of prometheus_client would say."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import prometheus_client
import pytest
import time_machine
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest as as_text
from prometheus_client.openmetrics.exposition import generate_latest as as_openmetrics

from resilience.declare import Count, Measure
from resilience.telemetry.recorded_span import Ids
from resilience.telemetry.series import CountSeries, Family
from resilience.telemetry.spans import NO_IDS

NOON = dt.datetime(2030, 1, 7, 12, tzinfo=dt.UTC)
IDS = Ids("a" * 32, "b" * 16, True)
MARK = {"trace_id": IDS.trace_id, "span_id": IDS.span_id}
POURED = Count("poured", 'Pourings of a "cup".', ("cup",))
POURING = Measure("pouring_seconds", "Time.", "took_s", ("cup",), buckets=(0.1, 1.0, 67.0))
VALUES = ((0.05, IDS), (0.1, NO_IDS), (0.3, IDS), (0.31, NO_IDS), (100.0, IDS), (0.0, NO_IDS))
CUPS = ("blue", 'a"b\\c\n', "never")

FORMATS = pytest.mark.parametrize("write", [as_text, as_openmetrics], ids=["text", "openmetrics"])


class Ours:
    """A collector of families."""

    def __init__(self, *families: Family) -> None:
        self.collect = lambda: [family.collect() for family in families]


@pytest.fixture(autouse=True)
def _at_noon() -> object:
    """Exemplars carry the time."""
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped there
    with time_machine.travel(NOON, tick=False):
        yield


@FORMATS
def test_a_scrape_shows_what_the_stock_metrics_would_show(
    write: Callable[[CollectorRegistry], bytes],
) -> None:
    """Names, order, escapes, cumulative buckets, sums and exemplars are the same, byte by byte."""
    stock, ours = CollectorRegistry(), CollectorRegistry()
    counter = Counter(POURED.name, POURED.help, ("cup",), registry=stock)
    histogram = Histogram(
        POURING.name, POURING.help, ("cup",), registry=stock, buckets=POURING.buckets
    )
    counts, measures = Family(POURED, ("cup",)), Family(POURING, ("cup",))
    ours.register(Ours(counts, measures))
    for cup in CUPS:
        counter.labels(cup), histogram.labels(cup), counts.series((cup,)), measures.series((cup,))
    for cup in CUPS[:2]:
        for value, ids in VALUES:
            mark = MARK if ids.sampled else None
            counter.labels(cup).inc(1, mark)
            histogram.labels(cup).observe(value, mark)
            counts.series((cup,)).record(value, ids)
            measures.series((cup,)).record(value, ids)
    assert write(ours) == write(stock)


def test_a_metric_without_labels_is_one_series() -> None:
    """It shows no braces."""
    family = Family(Count("poured", "Pourings."), ())
    family.series(()).record(5.0, NO_IDS)
    registry = CollectorRegistry()
    registry.register(Ours(family))
    assert as_text(registry).decode().splitlines()[-1] == "poured_total 1.0"


def test_a_series_of_nothing_has_no_exemplar() -> None:
    """Nor has one of events whose spans nobody keeps."""
    series = CountSeries()
    read = [series.read()]
    series.record(1.0, NO_IDS)
    assert [*read, series.read()] == [(0.0, None), (1.0, None)]


def test_no_count_is_lost_between_threads() -> None:
    """Eight threads make one sum, and one set of buckets."""
    counts, measures = Family(POURED, ("cup",)), Family(POURING, ("cup",))

    def pour(_: int) -> None:
        for _ in range(2_000):
            counts.series(("blue",)).record(1.0, IDS)
            measures.series(("blue",)).record(0.5, IDS)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pour, range(8)))
    values = {
        (sample.name, sample.labels.get("le")): sample.value
        for family in (counts, measures)
        for sample in family.collect().samples
    }
    assert values == {
        ("poured_total", None): 16_000.0,
        ("pouring_seconds_bucket", "0.1"): 0.0,
        ("pouring_seconds_bucket", "1.0"): 16_000.0,
        ("pouring_seconds_bucket", "67.0"): 16_000.0,
        ("pouring_seconds_bucket", "+Inf"): 16_000.0,
        ("pouring_seconds_count", None): 16_000.0,
        ("pouring_seconds_sum", None): 8_000.0,
    }
