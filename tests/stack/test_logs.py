"""The log lines of a trace are reachable from the trace."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.canaries import PERSON, found_in
from tests.stack.http import eventually, get
from tests.stack.processes import Process
from tests.stack.stack import Stack
from tests.stack.story import Scene

SERVICES = ("booking-agent", "booking-api")


@pytest.mark.parametrize("service", SERVICES)
def test_loki_has_the_lines_of_a_trace(
    stack: Stack, story: Mapping[str, Scene], loki: Process, service: str
) -> None:
    """By the trace id, each line of each service once, as the process wrote it."""
    trace_id = story["three attempts"].trace_id
    process = stack.agent if service == "booking-agent" else stack.api
    written = _ordered(process.lines(trace_id=trace_id))
    assert written
    query = f'{{service_name="{service}"}} | trace_id = `{trace_id}`'
    found = eventually(lambda: _lines(stack, query), lambda lines: len(lines) >= len(written))
    assert _ordered([json.loads(line) for line in found]) == written


def test_lines_are_found_by_their_event_and_severity(
    stack: Stack, story: Mapping[str, Scene], loki: Process
) -> None:
    """What a person looks for without a trace: warnings of a kind."""
    query = '{service_name="booking-agent"} | severity_text = `warning` | event = `retry.started`'
    found = eventually(lambda: _lines(stack, query), len)
    assert {json.loads(line)["event"] for line in found} == {"retry.started"}


def test_a_careless_line_arrives_without_the_person(
    stack: Stack, collector: Process, loki: Process, directory: Path
) -> None:
    """The second line of defence reads log lines too."""
    line = {
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "level": "error",
        "event": "careless",
        "service": "careless",
        "client": PERSON,
        "note": f"call {PERSON['phone']}",
    }
    file = directory / "logs" / "careless.jsonl"
    file.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    [found] = eventually(lambda: _lines(stack, '{service_name="careless"}'), len)
    assert found_in(found.encode()) == []
    assert json.loads(found)["note"] == "call ****"


def test_what_is_no_record_arrives_too(
    stack: Stack, collector: Process, loki: Process, directory: Path
) -> None:
    """The last words of a process that crashed are not lost for their form."""
    (directory / "logs" / "crash.jsonl").write_text("Fatal Python error: no more\n")
    found = eventually(lambda: _lines(stack, '{service_name=~".+"} |= `Fatal Python error`'), len)
    assert found == ["Fatal Python error: no more"]


def _lines(stack: Stack, query: str) -> list[str]:
    found = get(stack.where.loki, "/loki/api/v1/query_range", query=query, limit=1000, since="1h")
    return [line for stream in found["data"]["result"] for _, line in stream["values"]]


def _ordered(lines: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    return sorted(lines, key=lambda line: (str(line["timestamp"]), str(line["span_id"])))
