"""Metrics: every known series from the start, no series from strangers, two formats."""

import gc
import tracemalloc
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from resilience.client_events import OperationFinished
from resilience.declare import Count, Domain, Event, Label, Level, Measure, Span
from resilience.gauges import GAUGES, Gauge, Reading
from resilience.telemetry.counters import Counters
from resilience.telemetry.recorded_span import Ids
from resilience.telemetry.spans import NO_IDS
from resilience.testing.signals import Signals

IDS = Ids("a" * 32, "b" * 16, True)
TOTAL = Gauge("things", "Things.", ("kind",), counts=True)
LEVEL = Gauge("level", "The level.")


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Sipped(Event, partial=True):
    """What is told of every sip."""

    level, span = Level.INFO, Span.OWN
    metrics = (Count("sips", "Sips.", ("size",)),)
    size: Label[Size]


class Tasted(Sipped):
    """A sip of one."""

    name = "counters.tasted"


class Refused(Sipped):
    """A sip that was not taken."""

    name = "counters.refused"


class Poured(Event):
    """Something was poured."""

    name, level, span = "counters.poured", Level.INFO, Span.OWN
    metrics = (
        Count("poured", "Pourings."),
        Count("spills", "Spillings.", (), when="spilt"),
        Measure("pouring_seconds", "Time of pourings.", "took_s", ("size",), buckets=(0.1, 1.0)),
    )
    size: Label[Size]
    hot: Label[bool]
    cup: Label[Annotated[str, Domain("cup")]]
    spilt: bool
    took_s: float


def poured(**changes: Any) -> Poured:
    """One pouring."""
    given = {"size": Size.SMALL, "hot": True, "cup": "blue", "spilt": False, "took_s": 0.05}
    return Poured(**{**given, **changes})


@pytest.fixture
def counters() -> Counters:
    """Counters of one event."""
    return Counters(CollectorRegistry(), (Poured,), {"cup": ("blue", "other")})


def series(counters: Counters, name: str) -> dict[tuple[str, ...], float]:
    """The values of one metric's samples by their labels' values, in order of the labels' names."""
    text = counters.expose("")[1].decode()
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in parse_text(text)
        for sample in family.samples
        if sample.name == name
    }


def test_every_known_series_exists_at_0_from_the_start(counters: Counters) -> None:
    """All combinations of the closed sets are there before anything happened."""
    assert series(counters, "poured_total") == {
        ("blue", hot, size): 0.0 for size in ("small", "large") for hot in ("true", "false")
    }
    assert series(counters, "spills_total") == {(): 0.0}
    assert series(counters, "pouring_seconds_count") == {("small",): 0.0, ("large",): 0.0}


def test_an_event_goes_into_each_of_its_metrics(counters: Counters) -> None:
    """A count, a conditional count and a histogram are told apart by their declarations."""
    counters.record(poured(), IDS)
    counters.record(poured(spilt=True, took_s=0.5, hot=False), IDS)
    assert series(counters, "poured_total")["blue", "true", "small"] == 1
    assert series(counters, "poured_total")["blue", "false", "small"] == 1
    assert series(counters, "spills_total") == {(): 1.0}
    assert series(counters, "pouring_seconds_bucket") == {
        ("0.1", "small"): 1.0,
        ("1.0", "small"): 2.0,
        ("+Inf", "small"): 2.0,
        ("0.1", "large"): 0.0,
        ("1.0", "large"): 0.0,
        ("+Inf", "large"): 0.0,
    }


def test_two_events_count_in_the_metric_that_they_share() -> None:
    """What is told under either name is one sum, in series that were there from the start."""
    counters = Counters(CollectorRegistry(), (Tasted, Refused), {})
    counters.record(Tasted(size=Size.SMALL), NO_IDS)
    counters.record(Refused(size=Size.SMALL), NO_IDS)
    assert series(counters, "sips_total") == {("small",): 2.0, ("large",): 0.0}


@pytest.mark.fault(72)
def test_strangers_values_are_counted_as_other(counters: Counters) -> None:
    """A value outside its closed set adds neither a series nor anything that is kept."""
    for _ in range(100):
        counters.record(poured(cup="cup", size="size"), NO_IDS)
    before = len(counters.expose("")[1].splitlines())
    gc.collect()
    tracemalloc.start()
    for number in range(2900):
        counters.record(poured(cup=f"cup-{number}", size=f"size-{number}"), NO_IDS)
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert series(counters, "poured_total")["other", "true", "other"] == 3000
    assert len(counters.expose("")[1].splitlines()) == before
    assert grown < 50_000


@pytest.mark.fault(72)
def test_objects_that_look_like_a_known_value_are_not_kept(counters: Counters) -> None:
    """A value that is only written like a known one is counted there, without growth."""

    class Blue:
        def __str__(self) -> str:
            return "blue"

    gc.collect()
    tracemalloc.start()
    for _ in range(2000):
        counters.record(poured(cup=Blue()), NO_IDS)
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert series(counters, "poured_total")["blue", "true", "small"] == 2000
    assert grown < 50_000


def test_exemplars_are_in_openmetrics_only_and_name_the_trace(counters: Counters) -> None:
    """A count and a histogram's bucket lead to the trace of their last event."""
    counters.record(poured(), IDS)
    kind, body = counters.expose("Application/OpenMetrics-Text; version=1.0.0, text/plain;q=0.5")
    exemplars = {
        sample.name: sample.exemplar.labels
        for family in parse_openmetrics(body.decode())  # type: ignore[no-untyped-call]  # untyped there
        for sample in family.samples
        if sample.exemplar
    }
    ids = {"trace_id": "a" * 32, "span_id": "b" * 16}
    assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert exemplars == {"poured_total": ids, "pouring_seconds_bucket": ids}
    plain_kind, plain = counters.expose("text/plain")
    assert plain_kind == "text/plain; version=0.0.4; charset=utf-8"
    assert b"a" * 32 not in plain


@pytest.mark.parametrize("ids", [NO_IDS, Ids("a" * 32, "b" * 16, False)])
def test_without_a_sampled_span_there_is_no_exemplar(counters: Counters, ids: Ids) -> None:
    """An exemplar never leads to a trace that nobody keeps."""
    counters.record(poured(), ids)
    assert b"trace_id" not in counters.expose("application/openmetrics-text")[1]


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "application/json"])
def test_the_text_format_is_the_default(counters: Counters, accept: str) -> None:
    """Whoever does not ask for OpenMetrics gets the text that everybody reads."""
    assert counters.expose(accept)[0].startswith("text/plain; version=0.0.4")


def test_gauges_are_read_at_each_scrape(counters: Counters) -> None:
    """A scrape asks for the state there is then."""
    now = [1.0]
    counters.watch(lambda: [Reading(LEVEL, (), now[0]), Reading(TOTAL, ("a",), 2 * now[0])])
    first = (series(counters, "level"), series(counters, "things_total"))
    now[0] = 5.0
    assert first == ({(): 1.0}, {("a",): 2.0})
    assert (series(counters, "level"), series(counters, "things_total")) == (
        {(): 5.0},
        {("a",): 10.0},
    )


def test_the_same_series_of_two_sources_is_shown_once(counters: Counters) -> None:
    """A scrape with a series twice would be refused as a whole; so they are added up."""
    counters.watch(lambda: [Reading(TOTAL, ("a",), 1.0)])
    counters.watch(lambda: [Reading(TOTAL, ("a",), 2.0)])
    body = counters.expose("")[1].decode()
    assert body.count("things_total{") == 1
    assert series(counters, "things_total") == {("a",): 3.0}


@pytest.mark.fault(21)
def test_a_source_that_raises_hides_no_other_metric(counters: Counters) -> None:
    """It is left out of the scrape and counted, half of its readings included."""

    def broken() -> Iterable[Reading]:
        yield Reading(LEVEL, (), 1.0)
        raise RuntimeError("no state")

    assert series(counters, "telemetry_failures_total") == {("raised", "gauge"): 0.0}
    counters.watch(broken)
    counters.watch(lambda: [Reading(TOTAL, ("a",), 1.0)])
    assert (series(counters, "level"), series(counters, "things_total")) == ({}, {("a",): 1.0})
    assert series(counters, "telemetry_failures_total") == {("raised", "gauge"): 3.0}


def test_an_unfilled_domain_is_named() -> None:
    """A composition that forgets a set fails when it is composed."""
    with pytest.raises(KeyError, match="cup"):
        Counters(CollectorRegistry(), (Poured,), {})


def test_known_series_leave_out_other(counters: Counters) -> None:
    """The series for strangers' values appears with the first of them."""
    with Signals() as signals:
        names = {sample.labels.get("target") for sample in signals.samples()}
    assert names == {None, "api"}
    assert OperationFinished.summary


@pytest.fixture
def families() -> Iterator[list[Any]]:
    """What a whole composition exposes, with every gauge."""
    with Signals() as signals:
        more = [one for one in GAUGES if not one.name.startswith("telemetry")]
        readings = [Reading(one, tuple("x" for _ in one.labels), 1.0) for one in more]
        signals.telemetry.watch(lambda: readings)
        body = signals.telemetry.metrics("application/openmetrics-text")[1].decode()
        yield list(parse_openmetrics(body))  # type: ignore[no-untyped-call]  # untyped there


def test_the_whole_exposition_is_strict_openmetrics(families: list[Any]) -> None:
    """The strict parser reads it, and each family of ours has its type, unit and help."""
    ours = [f for f in families if not f.name.startswith(("process", "python"))]
    assert all(family.documentation.endswith(".") for family in ours)
    assert {family.type for family in ours} == {"counter", "gauge", "histogram"}
    for family in ours:
        if family.type == "histogram":
            assert family.name.endswith(("_seconds", "_bytes", "_ratio"))
        assert not family.name.endswith(("_milliseconds", "_ms", "_percent", "_minutes"))
    assert len(ours) == len({family.name for family in ours})


def test_a_value_with_capitals_is_kept_as_it_is() -> None:
    """Only truth values are written in lower case."""
    counters = Counters(CollectorRegistry(), (Poured,), {"cup": ("Blue", "other")})
    counters.record(poured(cup="Blue"), NO_IDS)
    assert series(counters, "poured_total")["Blue", "true", "small"] == 1
