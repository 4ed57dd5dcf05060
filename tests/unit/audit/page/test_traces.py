"""The traces that are drawn."""

from pathlib import Path

from audit.books import Books
from audit.evidence import Story
from audit.page.traces import Bar, drawn, notable
from audit.records import Span
from audit.run import Run
from resilience.telemetry.trace import SpanRecord

BOOKS = Books(
    run=Run(directory=Path("nowhere")),
    served=[
        Span("api-1", "GET /services", "quick", "1", "", 0.0, 0.1),
        Span("api-1", "GET /services", "slow", "2", "", 1.0, 3.0),
    ],
    own={
        "retry.started": [Span("agent-1", "resilience.retry", "odd", "3", "", 1.0, 1.5)],
        "rate_limiting.near_limit": [Span("api-1", "near", "quick", "4", "1", 0.0, 0.0)],
    },
)


def _record(name: str, span_id: str, parent_id: str, from_ns: int, to_ns: int) -> SpanRecord:
    status = "error" if name == "child" else "unset"
    return SpanRecord(
        "api", name, "internal", "t", span_id, parent_id, from_ns, to_ns, status, {"x": 1}
    )


def test_the_slowest_and_the_strangest_are_notable() -> None:
    """Strange is what warns; to be near a limit is not."""
    assert notable(BOOKS, 1) == {
        "slow": "one of the slowest: 2.000 s",
        "odd": "one of the strangest: 1 warnings",
    }


def test_spans_are_drawn_under_their_parents_in_proportion_to_their_time() -> None:
    """In percent of the trace's time."""
    spans = [
        _record("child", "b", "a", 1_000_000, 2_000_000),
        _record("root", "a", "", 0, 4_000_000),
    ]

    found = drawn(Story("t", spans=spans), "why")

    assert (found.duration_ms, found.more, found.told) == (4.0, 0, [])
    assert found.bars == [
        Bar(0, "root", "api", "", 0.0, 100.0, 4.0, False),
        Bar(1, "child", "api", "", 25.0, 25.0, 1.0, True),
    ]


def test_a_trace_without_spans_is_told_by_the_others() -> None:
    """What the log says is shown even when no span arrived."""
    story = Story("t", lines=[("api-1", {"event": "request.served"})])

    found = drawn(story, "why")

    assert (found.bars, found.told) == ((), ["log     api-1: request.served  "])
