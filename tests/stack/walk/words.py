"""The answers as text: whole for the files, shortened with "..." for the page."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from itertools import groupby
from typing import Any

from rich.console import Console

from resilience.telemetry.trace import SpanRecord
from resilience.telemetry.tree import draw

CUT = "..."
_FLAT = re.compile(r"\{\s+(\"(?:key|refType)\"[^{}]*?)\s+\}")
_COMMON = {"logger", "trace_id", "trace_flags", "request_id", "target", "operation"}


def indented(document: object) -> str:
    """JSON with a line for each member, and one for each tag and reference."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return _FLAT.sub(lambda found: "{" + re.sub(r"\s*\n\s*", " ", found[1]) + "}", text)


def one_span(answer: Mapping[str, Any], span_id: str) -> str:
    """Jaeger's answer with only this span of the trace, where it stood."""
    [trace] = answer["data"]
    spans = trace["spans"]
    [at] = [place for place, each in enumerate(spans) if each["spanID"] == span_id]
    kept = [f"{CUT} {at}", spans[at], f"{CUT} {len(spans) - at - 1}"]
    short = {**trace, "spans": kept, "processes": dict.fromkeys(trace["processes"], CUT)}
    text = indented({**answer, "data": [short]})
    return re.sub(r'"\.\.\. (\d+)",?', r"... (\1 more)", text).replace(f'"{CUT}"', CUT)


def tree(spans: Sequence[SpanRecord]) -> str:
    """The trace as the terminal draws it, without colours."""
    page = StringIO()
    Console(file=page, width=200, no_color=True).print(draw(spans))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines())


def short_line(line: Mapping[str, Any]) -> str:
    """A log line without what all lines of the trace have in common."""
    shown = [
        CUT if name in _COMMON else f"{json.dumps(name)}: {json.dumps(value)}"
        for name, value in line.items()
    ]
    return "{" + ", ".join(part for part, _ in groupby(shown)) + "}"


def wrapped(line: str, width: int = 118) -> str:
    """A long line of labels or members broken behind commas, indented from the second on."""
    rows = [""]
    for part in re.split(r"(?<=,)", line):
        if len(rows[-1]) + len(part) > width and rows[-1]:
            rows.append("  ")
            part = part.lstrip()
        rows[-1] += part
    return "\n".join(rows)


def lines(documents: Iterable[Mapping[str, Any]]) -> str:
    """One line of JSON for each."""
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in documents)
