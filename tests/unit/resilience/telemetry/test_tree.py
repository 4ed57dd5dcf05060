"""A trace drawn as a tree that a person can read."""

import io
from typing import Any

from rich.console import Console

from resilience.telemetry.trace import SpanRecord
from resilience.telemetry.tree import draw


def span(span_id: str, parent: str, start_ms: int, end_ms: int, **more: Any) -> SpanRecord:
    """A span of one trace."""
    given = {"name": span_id, "kind": "internal", "status": "unset", "attributes": {}, **more}
    return SpanRecord(
        service="agent",
        trace_id="7" * 32,
        span_id=span_id,
        parent_id=parent,
        start_ns=start_ms * 1_000_000,
        end_ns=end_ms * 1_000_000,
        **given,
    )


def drawn(*spans: SpanRecord) -> list[str]:
    """The lines of the drawing, without colours or blanks at their ends."""
    console = Console(file=io.StringIO(), width=160, record=True)
    console.print(draw(spans))
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_children_stand_under_their_parents_in_the_order_of_time() -> None:
    """Each line tells when, how long, what, who, and what mattered."""
    attributes = {"http.response.status_code": 503, "http.request.resend_count": 1, "x": 1}
    failed = {"name": "GET /a", "kind": "client", "status": "error", "attributes": attributes}
    assert drawn(
        span("late", "root", 2000, 2100, name="second"),
        span("early", "root", 1000, 1200, **failed),
        span("root", "", 1000, 4500, name="operation"),
        span("leaf", "early", 1100, 1150, name="leaf"),
    ) == [
        "trace 77777777777777777777777777777777",
        "└── + 0.000 s   3.500 s  operation  agent internal",
        "    ├── + 0.000 s  200.0 ms  GET /a  agent client  status=503  resend=1",
        "    │   └── + 0.100 s   50.0 ms  leaf  agent internal",
        "    └── + 1.000 s  100.0 ms  second  agent internal",
    ]


def test_a_span_whose_parent_is_missing_stands_at_the_top() -> None:
    """A part of a trace is drawn, not lost."""
    assert drawn(span("a", "gone", 0, 10), span("b", "", 5, 10)) == [
        "trace 77777777777777777777777777777777",
        "├── + 0.000 s   10.0 ms  a  agent internal",
        "└── + 0.005 s    5.0 ms  b  agent internal",
    ]


def test_what_goes_without_saying_is_left_out() -> None:
    """A success without a stop reason is told by its colour."""
    calm = {"resilience.outcome": "success", "resilience.stop_reason": "none"}
    loud = {"resilience.outcome": "error", "resilience.stop_reason": "deadline"}
    lines = drawn(span("a", "", 0, 10, attributes=calm), span("b", "", 0, 20, attributes=loud))
    assert "outcome" not in lines[1]
    assert "outcome=error" in lines[2]
    assert "=deadline" in lines[2]


def test_names_are_text_and_not_markup() -> None:
    """Square brackets in a name stay as they are."""
    assert "[red]x[/]" in drawn(span("a", "", 0, 1, name="[red]x[/]"))[1]


def test_a_circle_of_parents_is_drawn_once() -> None:
    """Spans that name each other as parents neither hang nor vanish."""
    lines = drawn(span("a", "b", 0, 10), span("b", "a", 1, 2), span("c", "c", 5, 6))
    assert [line.split()[-3] for line in lines[1:]] == ["a", "b", "c"]


def test_no_spans_are_said_to_be_none() -> None:
    """An empty trace is not an error."""
    assert drawn() == ["no spans"]
