"""Tests of `booking.stack.books`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from booking.stack.books import Records, Row, gather, tally
from resilience.telemetry.trace import SpanRecord
from wire import Entry

TRACE = "a" * 32


def entry(trace_id: str = TRACE, **changes: object) -> Entry:
    """A line of the ledger."""
    made = Entry(
        connection=1, client="", trace_id=trace_id, started_at="", started_s=0.0, ended_s=0.0
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of an entry


def span(name: str, kind: str, trace_id: str = TRACE, **attributes: object) -> SpanRecord:
    """A finished span."""
    dotted = {key.replace("__", "."): value for key, value in attributes.items()}
    return SpanRecord("agent", name, kind, trace_id, "1", "", 0, 1, "unset", dotted)


def line(event: str, trace_id: str = TRACE) -> dict[str, str]:
    """A line of the log."""
    return {"event": event, "trace_id": trace_id}


@pytest.fixture
def records() -> Records:
    """Two sends, of which the first was given up for time."""
    sent = {"url__template": "/appointments"}
    return Records(
        ledger=[entry(client_closed_early=True), entry(attempt=2)],
        counters={
            "resilience_attempts_total": 2.0,
            "resilience_retries_total": 1.0,
            "resilience_timeouts_total": 1.0,
        },
        spans=[
            span("POST /book", "server"),
            span("POST /appointments", "client", **sent),
            span("resilience.timeout", "internal"),
            span("POST /appointments", "client", **sent, http__request__resend_count=1),
            span("INSERT appointments", "client"),
        ],
        lines=[
            *map(line, ("attempt.finished", "timeout.elapsed", "retry.started")),
            line("attempt.finished"),
        ],
    )


def test_four_records_of_one_booking_agree(records: Records) -> None:
    """Each fact is counted by each witness in its own way."""
    assert tally(records) == [
        Row("requests sent to the API", 2, 2, 2, 2),
        Row("of these, sent again", 1, 1, 1, 1),
        Row("given up for time", 1, 1, 1, 1),
    ]
    assert all(row.balances for row in tally(records))


@pytest.mark.parametrize("numbers", [(2, 1, 1, 1), (1, 2, 1, 1), (1, 1, 2, 1), (1, 1, 1, 2)])
def test_one_witness_who_differs_is_noticed(numbers: tuple[int, int, int, int]) -> None:
    """Books balance only when all four say the same."""
    assert not Row("sent", *numbers).balances


def test_only_the_traces_own_records_are_gathered(tmp_path: Path) -> None:
    """What another trace wrote into the same files is left out, as are lines for people."""
    ledger, log = tmp_path / "ledger.jsonl", tmp_path / "log.jsonl"
    mine, other = entry(), entry("b" * 32)
    ledger.write_text(f"{mine.to_json()}\n{other.to_json()}\n")
    lines = [json.dumps(line("attempt.finished", trace)) for trace in (TRACE, "b" * 32)]
    log.write_text("\n".join(["Starting", *lines]))
    spans = [span("a", "client"), span("b", "client", "b" * 32)]
    metrics = '# TYPE x_total counter\nx_total{a="1"} 2\nx_total{a="2"} 3\n'

    found = gather(TRACE, ledger, metrics, spans, log)

    assert (found.ledger, found.spans, found.lines) == ([mine], spans[:1], [json.loads(lines[0])])
    assert found.counters == {"x_total": 5.0}
