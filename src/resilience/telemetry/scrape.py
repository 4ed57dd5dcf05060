"""Reads what `/metrics` says."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from prometheus_client.openmetrics.parser import text_string_to_metric_families as _openmetrics
from prometheus_client.parser import text_string_to_metric_families


def totals(text: str, **labels: str) -> Mapping[str, float]:
    """The sum of each sample's series that have these labels, from the text format."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if labels.items() <= sample.labels.items():
                sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


class Sample(NamedTuple):
    """One value of one series."""

    name: str
    labels: Mapping[str, str]
    value: float


class BadLine(ValueError):
    """The text is not what `/metrics` says; `line` is the first line that cannot be read."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


def samples(text: str) -> list[Sample]:
    """Every sample of OpenMetrics or of the text format. Raises BadLine."""
    parse = _openmetrics if text.rstrip().endswith("# EOF") else text_string_to_metric_families
    try:
        return [
            Sample(sample.name, sample.labels, sample.value)
            for family in parse(text)
            for sample in family.samples
        ]
    except Exception as error:  # the parser raises whatever its string handling does
        raise BadLine(f"not a line of /metrics ({error})", _first_bad(text)) from None


def series(text: str) -> Iterator[str]:
    """The name and labels of each series, as they stand in the text."""
    for line in text.splitlines():
        if line and line[0] != "#":
            end = line.find("} ") + 1 or line.find(" ")
            yield line[:end]


def _first_bad(text: str) -> int:
    """The line that cannot be read by itself; 0 when it is the whole that is wrong."""
    for number, line in enumerate(text.splitlines(), 1):
        if line and line[0] != "#":
            try:
                list(text_string_to_metric_families(line.partition(" # ")[0] + "\n"))
            except Exception:  # as above
                return number
    return 0
