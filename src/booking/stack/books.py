"""One booking as four records tell it, side by side.

Counters, spans and lines are made from one event by one recorder; the ledger is independent.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resilience.telemetry.scrape import totals
from resilience.telemetry.trace import SpanRecord
from wire import Entry, read_ledger


@dataclass(frozen=True, slots=True)
class Row:
    """How often something happened, by the ledger, the counters, the spans and the log lines."""

    fact: str
    ledger: int
    counters: int
    spans: int
    lines: int

    @property
    def balances(self) -> bool:
        """Whether all four say the same."""
        return self.ledger == self.counters == self.spans == self.lines


@dataclass(frozen=True, slots=True)
class Records:
    """What each witness wrote of one trace; the counters are of the agent's whole life."""

    ledger: Sequence[Entry]
    counters: Mapping[str, float]
    spans: Sequence[SpanRecord]
    lines: Sequence[Mapping[str, Any]]


def gather(
    trace_id: str, ledger: Path, metrics: str, spans: Sequence[SpanRecord], log: Path
) -> Records:
    """The records of a trace, from the files and answers in which they were left."""
    return Records(
        [entry for entry in read_ledger(ledger) if entry.trace_id == trace_id],
        totals(metrics),
        [span for span in spans if span.trace_id == trace_id],
        [line for line in _objects(log) if line.get("trace_id") == trace_id],
    )


def tally(records: Records) -> list[Row]:
    """The facts of the booking that every witness saw."""
    counters = records.counters
    return [
        Row(
            "requests sent to the API",
            len(records.ledger),
            int(counters.get("resilience_attempts_total", 0)),
            _count(
                records.spans,
                lambda span: span.kind == "client" and "url.template" in span.attributes,
            ),
            _events(records, "attempt.finished"),
        ),
        Row(
            "of these, sent again",
            _count(records.ledger, lambda entry: entry.attempt > 1),
            int(counters.get("resilience_retries_total", 0)),
            _count(
                records.spans, lambda span: span.attributes.get("http.request.resend_count", 0) >= 1
            ),
            _events(records, "retry.started"),
        ),
        Row(
            "given up for time",
            _count(records.ledger, lambda entry: entry.client_closed_early),
            int(counters.get("resilience_timeouts_total", 0)),
            _count(records.spans, lambda span: span.name == "resilience.timeout"),
            _events(records, "timeout.elapsed"),
        ),
    ]


def _count(items: Iterable[Any], holds: Callable[[Any], bool]) -> int:
    return sum(1 for item in items if holds(item))


def _events(records: Records, event: str) -> int:
    return _count(records.lines, lambda line: line.get("event") == event)


def _objects(log: Path) -> Iterable[Mapping[str, Any]]:
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith("{"):
            yield json.loads(line)
