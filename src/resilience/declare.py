"""How an event is declared, and the check of each declaration as it is made.

An event is a frozen dataclass. Its class says everything that the three signals need: a unique
dotted `name`, a `level`, where its span stands, its `metrics`, and which fields are labels. A
declaration that lacks something raises a `TypeError` when its module is imported.

Events that are told alike share their fields and metrics through a base that is declared
`partial=True`: it is no event itself.
"""

import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform

from resilience.metric import Count, Measure, Metric, naming_problems
from resilience.reserved import RESERVED

__all__ = [
    "Count",
    "Domain",
    "Domains",
    "Emit",
    "Event",
    "Label",
    "Level",
    "Measure",
    "Metric",
    "Span",
    "ignore",
    "label_names",
    "label_values",
]

T = TypeVar("T")


class _LabelMark:
    """Marks a field as a label: its values form a closed set."""


Label = Annotated[T, _LabelMark]
"""`Label[SomeEnum]`, `Label[bool]`, or `Label[D]` where D is `Annotated[str, Domain("d")]`."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A closed set of label values that is named here and filled when a process is composed."""

    name: str


class Level(StrEnum):
    """How loud the log line of an event is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Span(Enum):
    """Which span an event stands for."""

    OWN = "a short span of its own, under the current one"
    CURRENT = "the span that is current, which the event completes"


Domains = Mapping[str, tuple[str, ...]]
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Event:
    """Something that happened, told once and recorded as a span, a metric and a log line."""

    name: ClassVar[str]
    """Dotted, unique: the `event` of the log line and, for `Span.OWN`, the span's name."""
    level: ClassVar[Level]
    span: ClassVar[Span]
    span_name: ClassVar[str]
    """The name of an own span; by default `resilience.` and the first part of the name."""
    metrics: ClassVar[tuple[Metric, ...]]
    attributes: ClassVar[Mapping[str, str]] = types.MappingProxyType({})
    """Span attribute of a field, where it is not `resilience.` and the field's name."""
    lasted: ClassVar[str] = ""
    """The field with the seconds that an own span lasted before now."""
    summary: ClassVar[str]
    labels: ClassVar[Mapping[str, Any]]
    """Each label field with its type, in declared order."""
    _expected: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, **fields: Any) -> None:
        """Every field and no other, or a TypeError."""
        # The constructor of a frozen dataclass sets field by field, at five times the cost.
        if fields.keys() != self._expected:
            odd = ", ".join(sorted(self._expected.symmetric_difference(fields)))
            raise TypeError(f"{type(self).__name__}() has missing or unexpected fields: {odd}")
        object.__setattr__(self, "__dict__", fields)

    def __init_subclass__(cls, *, partial: bool = False) -> None:
        """Make the class a frozen dataclass and refuse an incomplete declaration.

        A `partial` one is only a base of events, which are checked in its place.
        """
        summary = (cls.__doc__ or "").strip().split("\n")[0]  # before dataclass writes one
        dataclass(frozen=True, kw_only=True, init=False)(cls)
        cls._expected = frozenset(cls.fields())
        if partial:
            return
        cls.labels = _labels_of(cls)
        for problem in _problems_of(cls, summary):
            raise TypeError(f"event {cls.__qualname__}: {problem}")
        if cls.span is Span.OWN and "span_name" not in cls.__dict__:
            cls.span_name = f"resilience.{cls.name.split('.')[0]}"
        cls.summary = summary

    @classmethod
    def fields(cls) -> tuple[str, ...]:
        """The names of the fields, in declared order."""
        return tuple(cls.__dataclass_fields__)  # type: ignore[attr-defined]  # made a dataclass above

    @property
    def failed(self) -> str:
        """The error type for the span's status; "" leaves the status unset."""
        return ""

    @classmethod
    def known(cls, metric: Metric, domains: Domains) -> Iterable[tuple[str, ...]] | None:
        """The label values of a metric that exist from the start; None for every combination."""
        del metric, domains
        return None


def label_names(event: type[Event], metric: Metric) -> tuple[str, ...]:
    """The labels of one of the event's metrics."""
    return tuple(event.labels) if metric.labels is None else metric.labels


def label_values(kind: Any, domains: Domains) -> tuple[str, ...]:
    """The closed set of a label's type; a KeyError names a domain that nobody filled."""
    for mark in getattr(kind, "__metadata__", ()):
        if isinstance(mark, Domain):
            return domains[mark.name]
    if kind is bool:
        return ("false", "true")
    return tuple(str(member) for member in kind)


def _labels_of(cls: type[Event]) -> Mapping[str, Any]:
    hints = typing.get_type_hints(cls, include_extras=True)
    found = {name: hints[name] for name in cls.fields()}
    return {
        name: _bare(hint)
        for name, hint in found.items()
        if _LabelMark in getattr(hint, "__metadata__", ())
    }


def _bare(hint: Any) -> Any:
    """The label's type without the label mark."""
    rest = tuple(mark for mark in hint.__metadata__ if mark is not _LabelMark)
    return Annotated[(hint.__origin__, *rest)] if rest else hint.__origin__


def _is_closed(kind: Any) -> bool:
    if any(isinstance(mark, Domain) for mark in getattr(kind, "__metadata__", ())):
        return True
    return kind is bool or (isinstance(kind, type) and issubclass(kind, StrEnum))


def _accepted(root: type[Event] = Event) -> Iterable[type[Event]]:
    for child in root.__subclasses__():
        if "summary" in child.__dict__:  # its declaration was found complete
            yield child
        yield from _accepted(child)


def _problems_of(cls: type[Event], summary: str) -> Iterable[str]:
    if taken := sorted(RESERVED.intersection(cls.fields())):
        yield f"no field may be called {', '.join(taken)}"
    kinds = {"name": str, "level": Level, "span": Span, "metrics": tuple}
    for name, kind in kinds.items():
        if not isinstance(getattr(cls, name, None), kind):
            yield f"declares no {name} (a {kind.__name__})"
            return
    if not summary:
        yield "has no docstring, which is its summary"
    yield from _naming_problems(cls)
    yield from _metric_problems(cls)


def _naming_problems(cls: type[Event]) -> Iterable[str]:
    if not _NAME.fullmatch(cls.name):
        yield f"name {cls.name!r} is not dotted lower case, such as 'retry.started'"
    if any(other.name == cls.name for other in _accepted()):
        yield f"name {cls.name!r} is taken"
    named = {*cls.attributes} | ({cls.lasted} if cls.lasted else set())
    for field in sorted(named - set(cls.fields())):
        yield f"its span names {field}, which is not a field"


def _metric_problems(cls: type[Event]) -> Iterable[str]:
    if not cls.metrics:
        yield "declares no metric"
    for name, kind in cls.labels.items():
        if not _is_closed(kind):
            yield f"label {name} is not a closed set: use a StrEnum, bool, or a Domain"
    taken = {metric.name: metric for other in _accepted() for metric in other.metrics}
    own = [metric.name for metric in cls.metrics]
    for metric in cls.metrics:
        # Events may share one metric, which is then the same object; two of a name are a mistake.
        if taken.get(metric.name, metric) is not metric or own.count(metric.name) > 1:
            yield f"metric {metric.name} is taken"
        yield from naming_problems(metric)
        yield from _metric_field_problems(cls, metric)
    yield from _sharing_problems(cls)


def _sharing_problems(cls: type[Event]) -> Iterable[str]:
    for other in _accepted():
        for metric in (metric for metric in cls.metrics if metric in other.metrics):
            theirs, ours = (_kinds(event, metric) for event in (other, cls))
            if theirs != ours:
                yield f"metric {metric.name} has other labels in {other.__qualname__}"


def _kinds(event: type[Event], metric: Metric) -> dict[str, Any]:
    return {name: event.labels.get(name) for name in label_names(event, metric)}


def _metric_field_problems(cls: type[Event], metric: Metric) -> Iterable[str]:
    for label in label_names(cls, metric):
        if label not in cls.labels:
            yield f"metric {metric.name}: {label} is not a label of the event"
    needed = {metric.when} | ({metric.value} if isinstance(metric, Measure) else set())
    for field in sorted(needed - {""} - set(cls.fields())):
        yield f"metric {metric.name}: the event has no field {field}"


Emit = Callable[[Event], None]
"""How a policy tells what happened."""


def ignore(event: Event) -> None:
    """An `Emit` that records nothing."""
    del event
