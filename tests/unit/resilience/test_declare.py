"""An event that is declared incompletely never gets as far as being emitted."""

import gc
import types
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from enum import StrEnum
from typing import Annotated, Any

import pytest

from resilience.declare import (
    Count,
    Domain,
    Event,
    Label,
    Level,
    Measure,
    Span,
    ignore,
    label_names,
    label_values,
)
from resilience.events import CATALOGUE


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


Town = Annotated[str, Domain("town")]

COMPLETE: dict[str, Any] = {
    "__doc__": "A probe was sent.\n\nMore about it.",
    "__annotations__": {
        "colour": Label[Colour],
        "good": Label[bool],
        "town": Label[Town],
        "size": int,
        "took_s": float,
    },
    "name": "declared.probe",
    "level": Level.INFO,
    "span": Span.OWN,
    "metrics": (
        Count("declared_probes", "Probes."),
        Measure("declared_probe_seconds", "Time of probes.", "took_s", ("colour",), when="good"),
    ),
}


def declare(**changes: Any) -> type[Event]:
    """The complete declaration with changes; None takes an entry out."""
    wanted = {**COMPLETE, "__module__": __name__, **changes}
    body = {name: value for name, value in wanted.items() if value is not None}
    return types.new_class("Probe", (Event,), exec_body=lambda space: space.update(body))


class Sent(Event, partial=True):
    """What two events have in common."""

    level, span = Level.INFO, Span.OWN
    metrics = (Count("declared_sent", "Things sent.", ("colour",)),)
    colour: Label[Colour]


def send(name: str, **changes: Any) -> type[Event]:
    """An event of that name among those that share a base."""
    body = {"__doc__": "Something was sent.", "__module__": __name__, "name": name, **changes}
    return types.new_class("Letter", (Sent,), exec_body=lambda space: space.update(body))


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Classes of one test take no names from the next."""
    yield
    gc.collect()


def test_a_complete_declaration_is_a_frozen_event_with_its_labels() -> None:
    """Labels, summary and the default span name come from the declaration."""
    probe = declare()
    assert (probe.summary, probe.span_name, probe.fields()) == (
        "A probe was sent.",
        "resilience.declared",
        ("colour", "good", "town", "size", "took_s"),
    )
    assert probe.labels == {"colour": Colour, "good": bool, "town": Town}
    assert [label_names(probe, metric) for metric in probe.metrics] == [
        ("colour", "good", "town"),
        ("colour",),
    ]


def test_an_event_is_frozen_and_keyword_only() -> None:
    """Nobody changes an event after it was told."""
    made = declare()(colour=Colour.RED, good=True, town="x", size=1, took_s=0.5)
    with pytest.raises(FrozenInstanceError):
        made.size = 2  # type: ignore[attr-defined]  # that is the test
    with pytest.raises(TypeError):
        declare(name="declared.other", metrics=(Count("declared_others", "x"),))(1)  # type: ignore[call-arg]  # that is the test


@pytest.mark.parametrize("changes", [{"size": None}, {"weight": 5}])
def test_an_event_with_a_field_too_few_or_too_many_is_a_type_error(changes: dict[str, Any]) -> None:
    """The error names the field."""
    fields = {"colour": Colour.RED, "good": True, "town": "x", "size": 1, "took_s": 0.5, **changes}
    given = {name: value for name, value in fields.items() if value is not None}
    with pytest.raises(
        TypeError, match=r"Probe\(\) has missing or unexpected fields: (size|weight)$"
    ):
        declare()(**given)


def test_the_values_of_a_label_come_from_its_type_or_its_domain() -> None:
    """Every label has a closed set, and an unfilled domain is a KeyError that names it."""
    domains = {"town": ("Riga", "other")}
    probe = declare()
    assert {name: label_values(kind, domains) for name, kind in probe.labels.items()} == {
        "colour": ("red", "blue"),
        "good": ("false", "true"),
        "town": ("Riga", "other"),
    }
    with pytest.raises(KeyError, match="town"):
        label_values(probe.labels["town"], {})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"__doc__": None}, "has no docstring, which is its summary"),
        ({"name": None}, "declares no name (a str)"),
        ({"name": 5}, "declares no name (a str)"),
        ({"level": None}, "declares no level (a Level)"),
        ({"level": "info"}, "declares no level (a Level)"),
        ({"span": None}, "declares no span (a Span)"),
        ({"metrics": None}, "declares no metrics (a tuple)"),
        ({"metrics": ()}, "declares no metric"),
        ({"name": "Probe"}, "name 'Probe' is not dotted lower case, such as 'retry.started'"),
        ({"name": "probe"}, "name 'probe' is not dotted lower case, such as 'retry.started'"),
        ({"name": "retry.started"}, "name 'retry.started' is taken"),
        ({"attributes": {"colur": "x"}}, "its span names colur, which is not a field"),
        ({"lasted": "took_ms"}, "its span names took_ms, which is not a field"),
        (
            {"__annotations__": {"colour": Label[str]}, "metrics": (Count("a", "b"),)},
            "label colour is not a closed set: use a StrEnum, bool, or a Domain",
        ),
        (
            {"__annotations__": {"service": str}, "metrics": (Count("a", "b"),)},
            "no field may be called service",
        ),
        (
            {"metrics": (Count("probes_total", "x"),)},
            "metric probes_total ends with what Prometheus itself appends",
        ),
        (
            {"metrics": (Count("Probes-", "x"),)},
            "metric 'Probes-' is not a lower-case name such as 'resilience_retries'",
        ),
        (
            {"metrics": (Measure("probe_time", "x", "took_s"),)},
            "metric probe_time does not end with its unit: _seconds, _bytes, _ratio",
        ),
        ({"metrics": (Count("probes", ""),)}, "metric probes has no help text"),
        (
            {"metrics": (Count("probes", "x", ("size",)),)},
            "metric probes: size is not a label of the event",
        ),
        (
            {"metrics": (Measure("probe_seconds", "x", "tok_s"),)},
            "metric probe_seconds: the event has no field tok_s",
        ),
        (
            {"metrics": (Count("probes", "x", when="gut"),)},
            "metric probes: the event has no field gut",
        ),
        ({"metrics": (Count("twice", "x"), Count("twice", "x"))}, "metric twice is taken"),
        ({"metrics": (Count("twice", "x"),) * 2}, "metric twice is taken"),
        ({"metrics": (Count("resilience_retries", "x"),)}, "metric resilience_retries is taken"),
    ],
)
def test_an_incomplete_declaration_is_a_type_error(changes: dict[str, Any], problem: str) -> None:
    """What is missing or wrong is said by the error that stops the import."""
    assert CATALOGUE  # whose names are taken
    with pytest.raises(TypeError) as raised:
        declare(**changes)
    assert str(raised.value) == f"event Probe: {problem}"


def test_a_refused_declaration_takes_no_name() -> None:
    """A corrected declaration is accepted although the wrong one still exists."""
    with pytest.raises(TypeError) as kept:
        declare(level=None)
    assert declare().name == "declared.probe"
    assert kept.value


def test_events_of_one_base_share_its_fields_and_its_metric() -> None:
    """The base is no event, so that only what was told under a name is recorded."""
    letter, parcel = send("sent.letter"), send("sent.parcel", __annotations__={"weight_g": int})
    assert (letter.fields(), parcel.fields()) == (("colour",), ("colour", "weight_g"))
    assert letter.metrics[0] is parcel.metrics[0]
    assert "labels" not in Sent.__dict__


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"metrics": (Count("declared_sent", "Things sent.", ("colour",)),)},
            "metric declared_sent is taken",
        ),
        (
            {"__annotations__": {"colour": Label[bool]}},
            "metric declared_sent has other labels in Letter",
        ),
    ],
)
def test_a_metric_is_shared_by_identity_and_with_the_same_labels(
    changes: dict[str, Any], problem: str
) -> None:
    """Two metrics of one name are a mistake even when they look alike."""
    first = send("sent.letter")
    with pytest.raises(TypeError, match=problem):
        send("sent.parcel", **changes)
    assert first.metrics is Sent.metrics


def test_ignore_records_nothing() -> None:
    """The default port takes any event."""
    made = declare()(colour=Colour.RED, good=True, town="x", size=1, took_s=0.5)
    assert ignore(made) is None  # type: ignore[func-returns-value]  # that is the test
