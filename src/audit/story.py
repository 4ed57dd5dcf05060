"""One trace as every record tells it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from audit.evidence import Story
from resilience.telemetry.tree import draw

MOST_LINES = 30
_FORM = frozenset(
    ("timestamp", "level", "event", "logger", "service", "trace_id", "trace_flags", "request_id")
)
_CROSSED = ("seq", "attempt", "upstream_status", "fault", "client_closed_early", "error")


def show_story(console: Console, story: Story) -> None:
    """Print ledger, spans and log lines of one trace."""
    for text in tell(story) or ["no record but the counters knows it"]:
        console.print(Padding(Text(text), (0, 0, 0, 6)), soft_wrap=True)
    if story.spans:
        console.print(Padding(draw(story.spans), (0, 0, 0, 6)))


def tell(story: Story) -> list[str]:
    """What ledger, users and logs say of a trace, a line each."""
    told = [_crossing(hop, crossing) for hop, crossing in story.crossings]
    told += [_answer(answer) for answer in story.answers]
    told += [_line(life, line) for life, line in story.lines[:MOST_LINES]]
    if len(story.lines) > MOST_LINES:
        told.append(f"and {len(story.lines) - MOST_LINES} log lines more")
    return told


def _crossing(hop: str, crossing: Mapping[str, Any]) -> str:
    status = crossing.get("status")
    what = f"{crossing.get('method')} {crossing.get('operation') or crossing.get('path')}"
    details = " ".join(f"{n}={crossing[n]}" for n in _CROSSED if crossing.get(n))
    sender = crossing.get("parent_span_id")
    return f"ledger  {hop}: {what} -> {status or 'nothing'}  {details} span={sender}"


def _answer(answer: Mapping[str, Any]) -> str:
    status = answer.get("status") or answer.get("error") or "nothing"
    return f"user    {answer.get('user')}: {answer.get('operation')} -> {status}"


def _line(life: str, line: Mapping[str, Any]) -> str:
    fields = " ".join(
        f"{name}={value}"
        for name, value in line.items()
        if name not in _FORM and value not in ("", None)
    )
    return f"log     {life}: {line.get('event')}  {fields}"
