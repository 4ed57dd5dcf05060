"""Asks what an engineer on call would ask, each question with what the answer before told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.dashboards import Asked, boards
from tests.stack import jaeger_api
from tests.stack.http import eventually, get, get_text
from tests.stack.panel_run import Stretch
from tests.stack.panels import Series, answer, filled
from tests.stack.peers import Addresses
from tests.stack.stack import Stack

from resilience.telemetry.trace import SpanRecord
from wire import Entry

BOARD, PANEL, P99 = "tallybook-booking", "Latency of bookings", "C"
SERVICE = "booking-agent"
SLOW_S = 0.5
"""The promise; from here on, tail sampling keeps every trace."""

SEARCHES: Sequence[Mapping[str, str]] = (
    {"operation": "POST /book", "minDuration": "500ms"},
    {"operation": "resilience.timeout"},
    {"operation": "create_appointment", "tags": '{"resilience.attempts":"3"}'},
)
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@dataclass(frozen=True, slots=True)
class Found:
    """What each of them answered."""

    spike: tuple[float, float]
    series: Mapping[str, Any]
    bucket: str
    searches: Mapping[str, Sequence[str]]
    trace: Mapping[str, Any]
    spans: Sequence[SpanRecord]
    attempt: SpanRecord
    lines: Sequence[Mapping[str, Any]]
    ledger: Sequence[Entry]
    alerts: Sequence[str]
    prometheus: str

    @property
    def exemplar(self) -> Mapping[str, Any]:
        """The dot that is followed: the highest of its series."""
        return highest(self.series)

    @property
    def trace_id(self) -> str:
        """The trace that the exemplar names."""
        return str(self.exemplar["labels"]["trace_id"])


def follow(stack: Stack, stretch: Stretch) -> Found:
    """Walk from the panel to the wire; raises AssertionError where the way ends."""
    where = stack.where
    series = _slowest(where, stretch)
    trace_id = highest(series)["labels"]["trace_id"]
    spans = _whole(where, trace_id)
    return Found(
        spike=_spike(where, stretch),
        series=series,
        bucket=_bucket(stack, trace_id),
        searches={_words(search): _search(where, search) for search in SEARCHES},
        trace=get(where.jaeger, f"/api/traces/{trace_id}"),
        spans=spans,
        attempt=_worst(spans),
        lines=_lines(stack, trace_id),
        ledger=_ledger(where, trace_id),
        alerts=_alerts(where),
        prometheus=get(where.prometheus, "/api/v1/status/buildinfo")["data"]["version"],
    )


def highest(series: Mapping[str, Any]) -> Mapping[str, Any]:
    """The highest dot of a series."""
    found: Sequence[Mapping[str, Any]] = series["exemplars"]
    return max(found, key=lambda dot: float(dot["value"]))


def asked(title: str) -> Sequence[Asked]:
    """The queries of a panel of the board."""
    [panel] = [each for each in boards()[BOARD]["panels"] if each["title"] == title]
    return [Asked(BOARD, title, one["refId"], "metrics", one) for one in panel["targets"]]


def dots(where: Addresses, query: Asked, stretch: Stretch) -> list[dict[str, Any]]:
    """The series with exemplars that Prometheus answers with, as it does."""
    times = {"start": stretch.begin_s, "end": stretch.end_s}
    text = filled(query, stretch)
    said = get(where.prometheus, "/api/v1/query_exemplars", query=text, **times)
    return list(said["data"])


def _query() -> Asked:
    [found] = [each for each in asked(PANEL) if each.ref == P99]
    return found


def _spike(where: Addresses, stretch: Stretch) -> tuple[float, float]:
    """When the panel's line of 99 % was highest, and how high."""
    series: Sequence[Series] = answer(_query(), where.prometheus, stretch)
    return max((point for each in series for point in each.points), key=lambda point: point[1])


def _slowest(where: Addresses, stretch: Stretch) -> Mapping[str, Any]:
    """The series of the agent's slowest bucket that has a dot."""
    series = dots(where, _query(), stretch)
    own = [each for each in series if each["seriesLabels"]["job"] == SERVICE]
    return max(own, key=lambda each: float(highest(each)["value"]))


def _bucket(stack: Stack, trace_id: str) -> str:
    """The line of the agent's /metrics that has the dot."""
    text = stack.agent.metrics(OPENMETRICS)
    lines = [each for each in text.splitlines() if trace_id in each]
    [line] = [each for each in lines if each.startswith("http_server_request_duration_seconds")]
    return line


def _whole(where: Addresses, trace_id: str) -> Sequence[SpanRecord]:
    """The spans, once no parent is missing and both services have told theirs."""

    def is_whole(spans: Sequence[SpanRecord]) -> bool:
        known = {span.span_id for span in spans}
        tops = [span for span in spans if span.parent_id not in known]
        return [span.parent_id for span in tops] == [""]

    return eventually(lambda: jaeger_api.trace(where.jaeger, trace_id), is_whole)


def _search(where: Addresses, search: Mapping[str, str]) -> Sequence[str]:
    return jaeger_api.search(where.jaeger, SERVICE, **search)


def _words(search: Mapping[str, str]) -> str:
    return ", ".join(f"{name} `{value}`" for name, value in search.items())


def _worst(spans: Sequence[SpanRecord]) -> SpanRecord:
    """The longest attempt that failed."""
    attempts = [each for each in spans if each.kind == "client" and "error.type" in each.attributes]
    return max(attempts, key=lambda each: each.duration_s)


def _lines(stack: Stack, trace_id: str) -> Sequence[Mapping[str, Any]]:
    """What Loki has of the trace, by time: as many lines as the processes wrote."""
    written = len([*stack.agent.lines(trace_id=trace_id), *stack.api.lines(trace_id=trace_id)])
    query = f'{{service_name=~"booking-.+"}} | trace_id = `{trace_id}`'

    def ask() -> list[Mapping[str, Any]]:
        said = get(stack.where.loki, "/loki/api/v1/query_range", query=query, since="1h")
        found = [line for each in said["data"]["result"] for _, line in each["values"]]
        return sorted(map(json.loads, found), key=lambda line: str(line["timestamp"]))

    return eventually(ask, lambda lines: len(lines) == written)


def _ledger(where: Addresses, trace_id: str) -> Sequence[Entry]:
    every = get_text(where.control, "/ledger", since=0).splitlines()
    return [entry for entry in map(Entry.from_json, every) if entry.trace_id == trace_id]


def _alerts(where: Addresses) -> Sequence[str]:
    found = get(where.prometheus, "/api/v1/alerts")["data"]["alerts"]
    return sorted({f"{each['labels']['alertname']} ({each['state']})" for each in found})
