"""The slowest and the strangest traces of a run, drawn as bars under their parents."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest

from audit.books import Books
from audit.evidence import Story
from audit.story import tell
from resilience.declare import Level
from resilience.telemetry.trace import SpanRecord
from resilience.telemetry.tree import details, in_order

MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """One span: how deep it stands, and where it lies, in percent of its trace's time."""

    depth: int
    name: str
    service: str
    details: str
    left: float
    width: float
    duration_ms: float
    failed: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """One trace: its spans as bars, and what the other records say about it."""

    trace_id: str
    why: str
    duration_ms: float
    bars: Sequence[Bar]
    more: int
    told: Sequence[str]


def notable(books: Books, most: int) -> dict[str, str]:
    """The ids of the slowest and of the strangest traces, each with what is notable about it."""
    took = _took_s(books)
    oddities = _oddities(books)
    found = {
        trace_id: f"one of the slowest: {took[trace_id]:.3f} s"
        for trace_id in nlargest(most, took, key=lambda trace_id: took[trace_id])
    }
    for trace_id, count in oddities.most_common(most):
        odd = f"one of the strangest: {count} warnings"
        found[trace_id] = f"{found[trace_id]}; {odd}" if trace_id in found else odd
    return found


def _took_s(books: Books) -> dict[str, float]:
    begun: dict[str, float] = {}
    ended: dict[str, float] = {}
    for span in books.all_spans():
        begun[span.trace_id] = min(begun.get(span.trace_id, span.began_s), span.began_s)
        ended[span.trace_id] = max(ended.get(span.trace_id, span.ended_s), span.ended_s)
    return {trace_id: ended[trace_id] - began_s for trace_id, began_s in begun.items()}


def _oddities(books: Books) -> Counter[str]:
    """How many events out of the ordinary have a span in each trace."""
    events = books.catalogue.events
    odd = [name for name in books.own if events[name].event.level is Level.WARNING]
    return Counter(span.trace_id for name in odd for span in books.own[name])


def drawn(story: Story, why: str) -> Drawn:
    """One trace with its bars in the order of a tree."""
    told = tell(story)
    if not story.spans:
        return Drawn(story.trace_id, why, 0.0, (), 0, told)
    start_ns = min(span.start_ns for span in story.spans)
    length_ns = max(1, max(span.end_ns for span in story.spans) - start_ns)
    bars = [_bar(span, depth, start_ns, length_ns) for depth, span in in_order(story.spans)]
    more = max(0, len(bars) - MOST_ROWS)
    return Drawn(story.trace_id, why, length_ns / 1e6, bars[:MOST_ROWS], more, told)


def _bar(span: SpanRecord, depth: int, start_ns: int, length_ns: int) -> Bar:
    return Bar(
        depth=depth,
        name=span.name,
        service=span.service,
        details="  ".join(details(span)),
        left=round(100 * (span.start_ns - start_ns) / length_ns, 2),
        width=max(0.15, round(100 * (span.end_ns - span.start_ns) / length_ns, 2)),
        duration_ms=span.duration_s * 1000,
        failed=span.status == "error",
    )
