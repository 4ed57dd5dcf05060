"""The reference page of all signals."""

from enum import EnumType
from pathlib import Path
from typing import Any

from booking.events import CATALOGUE as BOOKING
from booking.reference import write_reference
from resilience.declare import Count, label_names
from resilience.events import CATALOGUE as LIBRARY

PAGE = Path(__file__).parents[2] / "docs" / "signals.md"


def test_the_reference_page_is_not_stale() -> None:
    """What is committed is what the catalogue says now."""
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""

    assert written == write_reference(), "docs/signals.md is stale: run `make signals`"


def test_the_page_has_each_set_of_label_values_of_each_metric() -> None:
    """Labels of one name can be closed by different sets."""
    rows = [line.strip("| ").split(" | ") for line in write_reference().splitlines()]
    sets = [row for row in rows if len(row) == 3]
    for event in (*LIBRARY, *BOOKING):
        for metric in event.metrics:
            name = f"{metric.name}_total" if isinstance(metric, Count) else metric.name
            for label in label_names(event, metric):
                told = [row[1] for row in sets if row[0] == label and f"`{name}`" in row[2]]
                assert told == [_values_of(event.labels[label])], (name, label)


def _values_of(kind: Any) -> str:
    if kind is bool:
        return "`false`, `true`"
    if not isinstance(kind, EnumType):
        return "named when a process is composed; anything else is `other`"
    values: list[str] = [member.value for member in kind]  # type: ignore[var-annotated]  # of any enumeration
    return ", ".join(f"`{value}`" if value else "empty" for value in values)
