"""A finished trace drawn as a tree: when each span began, how long it took, what mattered."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.text import Text
from rich.tree import Tree

from resilience.telemetry.trace import SpanRecord

_SHOWN = {
    "http.response.status_code": "status",
    "http.request.resend_count": "resend",
    "error.type": "error",
    "resilience.outcome": "outcome",
    "resilience.stop_reason": "stopped",
    "resilience.attempts": "attempts",
    "resilience.source": "source",
    "resilience.reason": "after",
    "resilience.phase": "phase",
    "resilience.limit_s": "limit_s",
    "resilience.from_state": "from",
    "resilience.to_state": "to",
    "rate_limiting.policy": "policy",
    "rate_limiting.remaining": "remaining",
    "booking.result": "result",
}
"""What a line tells of its span, and under which short name."""

_BORING = {
    ("resilience.stop_reason", "none"),
    ("resilience.outcome", "success"),
    ("resilience.attempts", 1),
}


def draw(spans: Sequence[SpanRecord]) -> Tree:
    """The tree of one trace; spans whose parent is missing stand at the top, each span once."""
    if not spans:
        return Tree("no spans")
    start_ns = min(span.start_ns for span in spans)
    title = Text(f"trace {spans[0].trace_id}", style="bold")
    branches = [Tree(title, guide_style="dim")]
    for depth, span in in_order(spans):
        del branches[depth + 1 :]
        branches.append(branches[depth].add(_line(span, start_ns)))
    return branches[0]


def in_order(spans: Sequence[SpanRecord]) -> Iterator[tuple[int, SpanRecord]]:
    """Each span once, with its depth: parents before children, siblings by their begin."""
    known = {span.span_id for span in spans}
    children: dict[str, list[SpanRecord]] = defaultdict(list)
    ordered = sorted(spans, key=lambda span: (span.start_ns, span.end_ns))
    for span in ordered:
        children[span.parent_id if span.parent_id in known else ""].append(span)
    for top in ("", *(span.parent_id for span in ordered)):  # those left over stand in a circle
        yield from _below(top, 0, children)


def details(span: SpanRecord) -> list[str]:
    """What matters about a span, as `name=value`."""
    return [
        f"{name}={_plain(span.attributes[key])}"
        for key, name in _SHOWN.items()
        if key in span.attributes and (key, span.attributes[key]) not in _BORING
    ]


def _below(
    parent: str, depth: int, children: dict[str, list[SpanRecord]]
) -> Iterator[tuple[int, SpanRecord]]:
    for span in children.pop(parent, []):
        yield depth, span
        yield from _below(span.span_id, depth + 1, children)


def _line(span: SpanRecord, start_ns: int) -> Text:
    failed = span.status == "error"
    line = Text()
    line.append(f"+{(span.start_ns - start_ns) / 1e9:6.3f} s ", style="dim")
    line.append(f"{_duration(span.duration_s):>9}  ", style="cyan")
    line.append(span.name, style="bold red" if failed else "bold")
    line.append(f"  {span.service} {span.kind}", style="dim")
    told = "".join(f"  {detail}" for detail in details(span))
    line.append(told, style="red" if failed else "green")
    return line


def _plain(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _duration(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
