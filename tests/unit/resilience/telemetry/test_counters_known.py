"""Series that are known from the start, and how an event finds its own."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from prometheus_client import CollectorRegistry

from resilience.declare import Count, Domain, Domains, Event, Label, Level, Metric, Span
from resilience.telemetry.counters import Counters
from resilience.telemetry.spans import NO_IDS


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Brewed(Event):
    """A pot was brewed; only some pots are brewed large."""

    name, level, span = "counters.brewed", Level.INFO, Span.OWN
    metrics = (Count("brewed", "Brewings."),)
    size: Label[Size]
    pot: Label[Annotated[str, Domain("pot")]]

    @classmethod
    def known(cls, metric: Metric, domains: Domains) -> Iterable[tuple[str, ...]] | None:
        """Every pot, small."""
        del metric
        return [("small", pot) for pot in domains["pot"]]


class Stirred(Event):
    """A pot was stirred."""

    name, level, span = "counters.stirred", Level.INFO, Span.OWN
    metrics = (Count("stirred", "Stirrings.", ("size",)),)
    size: Label[Size]
    hot: Label[bool]


class Shaken(Event):
    """A pot was shaken."""

    name, level, span = "counters.shaken", Level.INFO, Span.OWN
    metrics = (Count("shaken", "Shakings."),)
    size: Label[Size]
    hot: Label[bool]


class Word(str):
    """A text that counts how often it is written out."""

    __slots__ = ("written",)

    def __init__(self, _: str) -> None:
        self.written = 0

    def __str__(self) -> str:
        self.written += 1
        return str.__str__(self)


def counters(event: type[Event]) -> Counters:
    """Counters of one event."""
    return Counters(CollectorRegistry(), (event,), {"pot": ("blue", "red", "other")})


def series(counters: Counters) -> dict[tuple[str, ...], float]:
    """The values of the one metric by their labels' values, in the order of declaration."""
    family = next(iter(counters.collect()))
    return {tuple(s.labels.values()): s.value for s in family.samples}


def test_an_event_says_itself_which_series_are_known() -> None:
    """What seldom happens has no series before it does."""
    counted = counters(Brewed)
    first = series(counted)
    counted.record(Brewed(size=Size.LARGE, pot="red"), NO_IDS)
    assert first == {("small", "blue"): 0.0, ("small", "red"): 0.0}
    assert series(counted) == {**first, ("large", "red"): 1.0}


def test_a_known_series_is_found_without_writing_out_its_labels() -> None:
    """So that counting costs a look-up, from the first event on."""
    size, counted = Word("small"), counters(Stirred)
    for _ in range(3):
        counted.record(Stirred(size=size, hot=True), NO_IDS)  # type: ignore[arg-type]  # a word of the set
    assert (size.written, series(counted)) == (0, {("small",): 3.0, ("large",): 0.0})


def test_labels_are_written_out_once() -> None:
    """A truth value is no text, so its series is found late, and remembered."""
    size, counted = Word("small"), counters(Shaken)
    written = []
    for _ in range(3):
        counted.record(Shaken(size=size, hot=True), NO_IDS)  # type: ignore[arg-type]  # a word of the set
        written.append(size.written)
    assert (written, series(counted)["small", "true"]) == ([1, 1, 1], 3.0)
