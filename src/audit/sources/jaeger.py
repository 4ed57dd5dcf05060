"""Spans from Jaeger's query interface."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import orjson

from audit.errors import Unreadable
from audit.sources.http import fetch

MOST_TRACES = 20_000


def read_jaeger(url: str) -> Iterator[Mapping[str, Any]]:
    """Every span of every service, once, as a line of spans.jsonl. Raises Unreadable.

    Jaeger gives the newest `MOST_TRACES` traces of a service; more than these are an error, since
    the rest would be missing.
    """
    base = url.rstrip("/")
    seen: set[str] = set()
    for service in _data(f"{base}/api/services"):
        query = f"service={quote(service)}&limit={MOST_TRACES}&lookback=custom&start=0"
        traces = _data(f"{base}/api/traces?{query}&end=4102444800000000")
        if len(traces) >= MOST_TRACES:
            raise Unreadable(
                url, f"{service} has {MOST_TRACES} traces or more: export them instead"
            )
        for trace in traces:
            for span in trace["spans"]:
                if span["spanID"] not in seen:
                    seen.add(span["spanID"])
                    yield _span(span, trace["processes"][span["processID"]])


def _data(url: str) -> list[Any]:
    try:
        found = orjson.loads(fetch(url))
        data = found.get("data")
    except (ValueError, AttributeError):
        raise Unreadable(url, "not what Jaeger answers") from None
    return list(data or ())


def _span(span: Mapping[str, Any], process: Mapping[str, Any]) -> Mapping[str, Any]:
    tags = {tag["key"]: tag["value"] for tag in span.get("tags", ())}
    kind = tags.pop("span.kind", "internal")
    status = str(tags.pop("otel.status_code", "unset")).lower()
    start_ns = span["startTime"] * 1000
    references = span.get("references", ())
    parents = [r["spanID"] for r in references if r.get("refType") == "CHILD_OF"]
    links = [r["traceID"] for r in references if r.get("refType") != "CHILD_OF"]
    about = {tag["key"]: tag["value"] for tag in process.get("tags", ())}
    return {
        "service": process["serviceName"],
        "life": str(about.get("service.instance.id", "")),
        "name": span["operationName"],
        "kind": kind,
        "trace_id": span["traceID"].rjust(32, "0"),
        "span_id": span["spanID"].rjust(16, "0"),
        "parent_id": parents[0].rjust(16, "0") if parents else "",
        "start_ns": start_ns,
        "end_ns": start_ns + span["duration"] * 1000,
        "status": status,
        "attributes": tags,
        "links": links,
    }
