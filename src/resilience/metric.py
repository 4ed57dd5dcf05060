"""The metrics that events are counted and measured in, and how they are named."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 67.0)
"""Upper bounds of histograms in seconds; they contain every objective and the two time limits."""


@dataclass(frozen=True, slots=True)
class Count:
    """A counter, `name` without `_total`, that goes up by one; `labels` None means all labels.

    `when` names a field that must be truthy to count.
    """

    name: str
    help: str
    labels: tuple[str, ...] | None = None
    when: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A histogram of the field `value`, in the base unit that ends its `name`.

    `labels` None means all labels; `when` names a field that must be truthy to observe.
    """

    name: str
    help: str
    value: str
    labels: tuple[str, ...] | None = None
    buckets: tuple[float, ...] = BUCKETS_S
    when: str = ""


Metric = Count | Measure
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_UNITS = ("_seconds", "_bytes", "_ratio")
_SUFFIXES = ("_total", "_created", "_bucket", "_count", "_sum", "_info")
"""What Prometheus itself appends to a name."""


def naming_problems(metric: Metric) -> Iterable[str]:
    """What is wrong with how a metric is named, if anything."""
    if not _NAME.fullmatch(metric.name):
        yield f"metric {metric.name!r} is not a lower-case name such as 'resilience_retries'"
    if metric.name.endswith(_SUFFIXES):
        yield f"metric {metric.name} ends with what Prometheus itself appends"
    if isinstance(metric, Measure) and not metric.name.endswith(_UNITS):
        yield f"metric {metric.name} does not end with its unit: {', '.join(_UNITS)}"
    if not metric.help:
        yield f"metric {metric.name} has no help text"
