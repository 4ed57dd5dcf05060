"""Tests of `booking.demo.latest`."""

from collections.abc import Mapping
from types import MappingProxyType

from booking.demo.latest import latest
from resilience.telemetry.trace import SpanRecord


def span(
    trace: str,
    name: str,
    parent: str = "",
    at: int = 0,
    service: str = "agent",
    attributes: Mapping[str, str] = MappingProxyType({}),
) -> SpanRecord:
    """A span whose id is its name."""
    return SpanRecord(
        service=service,
        name=name,
        kind="internal",
        trace_id=trace,
        span_id=name,
        parent_id=parent,
        start_ns=at,
        end_ns=at + 1,
        status="unset",
        attributes=attributes,
    )


def names(spans: list[SpanRecord], *wanted: str) -> list[str]:
    """What is shown, by name."""
    return [f"{each.trace_id} {each.name}" for each in latest(spans, wanted)]


def test_the_newest_trace_is_shown() -> None:
    """By the time of its last span, whichever came first."""
    assert names([span("b", "root", at=9), span("a", "root", at=3)]) == ["b root"]


def test_a_trace_without_its_root_is_not_complete_yet() -> None:
    """It waits for the next look."""
    assert names([span("a", "root"), span("b", "child", "root", at=9)]) == ["a root"]
    assert names([]) == []


def test_what_the_scene_is_about_goes_before_what_is_new() -> None:
    """As long as there is such a trace."""
    spans = [span("a", "root"), span("a", "retry", "root"), span("b", "root", at=9)]
    assert names(spans, "retry") == ["a root", "a retry"]
    assert names(spans, "timeout") == ["b root"]


def test_only_the_caller_side_stays() -> None:
    """Neither the database nor what another service says of the same call."""
    spans = [
        span("a", "root"),
        span("a", "GET /x", "root"),
        span("a", "served", "GET /x", service="api"),
        span("a", "SELECT", "root", attributes={"db.system.name": "sqlite"}),
    ]
    assert names(spans) == ["a root", "a GET /x"]
