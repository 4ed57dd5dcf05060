"""Spans, one a line: the fields of `SpanRecord`, and the life that it came from."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audit.errors import Unreadable
from audit.sources.lines import objects

NEEDED = frozenset(
    ("service", "name", "kind", "trace_id", "span_id", "parent_id", "start_ns", "end_ns")
)


def read_spans(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The spans with the numbers of their lines. Raises Unreadable."""
    for number, span in objects(path):
        yield number, checked(span, path, number)


def checked(span: Mapping[str, Any], path: Path, number: int) -> Mapping[str, Any]:
    """The span, if it has every field. Raises Unreadable."""
    if not span.keys() >= NEEDED or not isinstance(span.get("attributes"), dict):
        lacking = ", ".join(sorted(NEEDED - span.keys())) or "attributes"
        raise Unreadable(path, f"a span without {lacking}", number)
    return span
