"""What Jaeger's query API says."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.error import HTTPError

from tests.stack.http import eventually, get

from resilience.telemetry.trace import SpanRecord


def trace(address: str, trace_id: str) -> Sequence[SpanRecord]:
    """The spans that Jaeger has of a trace; none when it has not heard of it."""
    try:
        found = get(address, f"/api/traces/{trace_id}")["data"]
    except HTTPError as error:
        if error.code == 404:
            return []
        raise
    assert len(found) == 1, found
    return [_record(span, found[0]["processes"]) for span in found[0]["spans"]]


def settled(
    address: str, trace_id: str, count: int, within_s: float = 30.0
) -> Sequence[SpanRecord]:
    """The spans of a trace once there are so many."""
    return eventually(lambda: trace(address, trace_id), lambda spans: len(spans) >= count, within_s)


def search(address: str, service: str, **query: object) -> Sequence[str]:
    """The ids of the traces that a search finds."""
    found = get(address, "/api/traces", service=service, limit=1000, lookback="1h", **query)
    return [one["traceID"] for one in found["data"]]


def _record(span: Mapping[str, Any], processes: Mapping[str, Any]) -> SpanRecord:
    tags = {tag["key"]: tag["value"] for tag in span["tags"]}
    start_ns = span["startTime"] * 1000
    return SpanRecord(
        service=processes[span["processID"]]["serviceName"],
        name=span["operationName"],
        kind=tags.pop("span.kind", "unspecified"),
        trace_id=span["traceID"],
        span_id=span["spanID"],
        parent_id=_parent(span["references"]),
        start_ns=start_ns,
        end_ns=start_ns + span["duration"] * 1000,
        status=tags.pop("otel.status_code", "unset").lower(),
        attributes=tags,
    )


def _parent(references: Sequence[Mapping[str, str]]) -> str:
    parents = [one["spanID"] for one in references if one["refType"] == "CHILD_OF"]
    return parents[0] if parents else ""
