"""What every record says about one trace, read again from the run's directory when asked for.

The books hold only what the laws need; whoever wants to see a story reads it whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.run import Run
from audit.sources.lines import objects
from resilience.telemetry.trace import SpanRecord


@dataclass(slots=True)
class Story:
    """The records of one trace: spans, log lines with their life, ledger lines with their hop."""

    trace_id: str
    spans: list[SpanRecord] = field(default_factory=list)
    lines: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    crossings: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    answers: list[Mapping[str, Any]] = field(default_factory=list)


def gather(run: Run, trace_ids: Iterable[str]) -> dict[str, Story]:
    """The stories of these traces, in the order asked for. Raises Unreadable."""
    stories = {trace_id: Story(trace_id) for trace_id in trace_ids if trace_id}
    if stories:
        _read(run, stories)
    for story in stories.values():
        story.lines.sort(key=lambda found: str(found[1].get("timestamp", "")))
        story.crossings.sort(key=lambda found: float(found[1].get("started_s", 0)))
    return stories


def _read(run: Run, stories: Mapping[str, Story]) -> None:
    folder = run.directory
    for span in _of(folder / "spans.jsonl", stories):
        stories[span["trace_id"]].spans.append(_span(span))
    for life in run.lives:
        for line in _of(folder / "logs" / f"{life.name}.jsonl", stories):
            stories[line["trace_id"]].lines.append((life.name, line))
    for hop in run.hops:
        for crossing in _of(folder / "ledger" / f"{hop.name}.jsonl", stories):
            stories[crossing["trace_id"]].crossings.append((hop.name, crossing))
    for answer in _of(folder / "users.jsonl", stories):
        stories[answer["trace_id"]].answers.append(answer)


def _of(path: Path, stories: Mapping[str, Story]) -> Iterator[Mapping[str, Any]]:
    if path.exists():
        for _, found in objects(path, _forget):
            if found.get("trace_id") in stories:
                yield found


def _forget(number: int, line: bytes) -> None:
    """What cannot be read was judged before."""
    del number, line


def _span(span: Mapping[str, Any]) -> SpanRecord:
    names = SpanRecord.__dataclass_fields__
    known = {name: value for name, value in span.items() if name in names}
    return SpanRecord(**{"status": "unset", **known, "links": _links(span.get("links", ()))})


def _links(links: Sequence[str]) -> tuple[str, ...]:
    return tuple(links)
