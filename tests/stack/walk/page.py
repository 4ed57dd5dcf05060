"""The page, filled in with what was found."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

from tests.dashboards import boards
from tests.stack.peers import ROOT
from tests.stack.walk.follow import OPENMETRICS, Found
from tests.stack.walk.scene import CALM_S
from tests.stack.walk.words import one_span, short_line, tree, wrapped

from resilience.telemetry.trace import SpanRecord
from wire import Entry

DOCS = ROOT / "docs"
TEMPLATE = Path(__file__).with_suffix(".md")
OPERATION = "create_appointment"
ORDER = ("overview", "retries", "breaker", "limits", "booking", "books", "runtime")


def page(found: Found) -> str:
    """The whole page; raises AssertionError where the run was not what the page says of it."""
    _check(found)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        _seen(found),
        **_traced(found),
        **_confirmed(found),
        dashboards="\n".join(_dashboards()),
    )


def _check(found: Found) -> None:
    """Hold what the page says in its own words against what was found."""
    made = [line["result"] for line in found.lines if line["event"] == "booking.appointment"]
    waits = [span for span in found.spans if span.name == "resilience.retry"]
    entry = crossed(found)
    assert made == ["created", "replayed"], made
    assert [span.parent_id for span in waits] == [found.attempt.parent_id] * 2, waits
    assert (entry.upstream_status, entry.status, entry.fault) == (201, None, "drop"), entry
    assert set(map(tuple, found.searches.values())) == {(found.trace_id,)}, found.searches


def _seen(found: Found) -> Mapping[str, object]:
    at_s, spike_s = found.spike
    return {
        "day": _time(at_s).date().isoformat(),
        "calm_s": f"{CALM_S:.0f}",
        "alerts": ", ".join(found.alerts) or "none",
        "spike": f"{spike_s:.1f}",
        "spike_at": f"{_time(at_s):%H:%M:%S}",
        "took": f"{float(found.exemplar['value']):.2f}",
        "accept": OPENMETRICS,
        "prometheus": found.prometheus,
        "trace_id": found.trace_id,
        "bucket": wrapped(found.bucket.replace(" # ", " #,")).replace(" #,", " # "),
        "exemplar": wrapped(json.dumps(found.series)),
    }


def _traced(found: Found) -> Mapping[str, object]:
    attempt = found.attempt
    return {
        "searches": "\n".join(
            f"| {search} | {', '.join(f'`{each}`' for each in ids)} |"
            for search, ids in found.searches.items()
        ),
        "spans": len(found.spans),
        "one_span": one_span(found.trace, attempt.span_id),
        "tree": tree(found.spans),
        "attempts": _operation(found).attributes["resilience.attempts"],
        "attempt_id": attempt.span_id,
        "attempt_s": f"{attempt.duration_s:.2f}",
        "served_ms": f"{_served(found).duration_s * 1000:.1f}",
    }


def _confirmed(found: Found) -> Mapping[str, object]:
    entry = crossed(found)
    chosen = [line for line in found.lines if line["span_id"] in set(_of_operation(found))]
    return {
        "line_count": len(found.lines),
        "lines": "\n".join(wrapped(short_line(line)) for line in chosen),
        "ledger_count": len(found.ledger),
        "entry": wrapped(entry.to_json()),
        "upstream": entry.upstream_status,
        "status": json.dumps(entry.status),
        "closed_s": f"{entry.ended_s - entry.started_s:.2f}",
        "fault": entry.fault,
    }


def crossed(found: Found) -> Entry:
    """The attempt, as the wire saw it."""
    [entry] = [each for each in found.ledger if each.parent_span_id == found.attempt.span_id]
    return entry


def _operation(found: Found) -> SpanRecord:
    [span] = [each for each in found.spans if each.span_id == found.attempt.parent_id]
    assert span.name == OPERATION, span
    return span


def _served(found: Found) -> SpanRecord:
    """The API's part in the attempt; its answer says that the work was done."""
    below = [each for each in found.spans if each.parent_id == found.attempt.span_id]
    [span] = [each for each in below if each.kind == "server"]
    assert span.attributes["http.response.status_code"] == 201, span
    return span


def _of_operation(found: Found) -> Iterator[str]:
    """The ids of the operation's span and of all spans below it."""
    parents = [_operation(found).span_id]
    while parents:
        yield from parents
        parents = [each.span_id for each in found.spans if each.parent_id in parents]


def _dashboards() -> Iterator[str]:
    found: Mapping[str, Mapping[str, Any]] = boards()
    for name in ORDER:
        board = found[f"tallybook-{name}"]
        picture = f"pictures/{board['uid']}.svg"
        drawn = f" ([drawn]({picture}))" if (DOCS / picture).exists() else ""
        yield f"- *{board['title']}*{drawn}: {board['description']}"


def _time(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
