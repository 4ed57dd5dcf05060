"""Our encoder says what the official one says, for everything that a span can hold."""

import math
from typing import Any

import orjson
from opentelemetry.exporter.otlp.json.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from resilience.telemetry.otlp import encode
from resilience.telemetry.trace import from_otlp_json, from_sdk

ONE = {"intValue": "1"}
REMOTE = SpanContext(
    0xA1B2 << 100, 0xC3D4 << 40, True, TraceFlags(1), TraceState([("a", "1"), ("b", "2")])
)
ATTRIBUTES: dict[str, Any] = {
    "text": "é\n\u2028\x1b",
    "empty": "",
    "yes": True,
    "no": False,
    "zero": 0,
    "big": 2**63 - 1,
    "less": -5,
    "ratio": 0.25,
    "whole": 2.0,
    "many": ("a", "b"),
    "numbers": (1, 2),
    "truths": (True, False),
    "none": (),
}


def spans_of(limits: SpanLimits | None = None) -> tuple[ReadableSpan, ...]:
    """Spans of two scopes with every kind, parent, link, status, and time."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(
        resource=Resource({"service.name": "test", "n": 1}, "https://schema/r"),
        shutdown_on_exit=False,
        span_limits=limits,
    )
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("one", "1.0", "https://schema/s", {"of": "scope"})
    remote = set_span_in_context(NonRecordingSpan(REMOTE))
    for kind in SpanKind:
        tracer.start_span(kind.name, kind=kind, attributes=ATTRIBUTES, start_time=1).end(5)
    child = tracer.start_span("remote child", context=remote, links=[Link(REMOTE, ATTRIBUTES)])
    provider.get_tracer("two").start_span("child", set_span_in_context(child)).end()
    child.set_status(Status(StatusCode.ERROR, "said why"))
    child.add_event("happened", {"a": 1}, timestamp=7)
    child.end()
    fine = tracer.start_span("fine")
    fine.set_status(StatusCode.OK)
    fine.end()
    return kept.get_finished_spans()


def without_defaults(value: Any) -> Any:
    """What proto3 leaves out is left out; a value is kept as it is."""
    if isinstance(value, list):
        return [without_defaults(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "key" in value:
        held = value["value"]
        array = held.get("arrayValue")
        return {**value, "value": held if array is None else array.get("values", [])}
    kept = {name: without_defaults(held) for name, held in value.items()}
    return {name: held for name, held in kept.items() if held not in ("", 0, "0", [], {}, None)}


def official(spans: tuple[ReadableSpan, ...]) -> Any:
    """What the official encoder makes of them."""
    return orjson.loads(encode_spans(spans).to_json())


def test_it_says_what_the_official_encoder_says() -> None:
    """Attributes of all types, links, parents, states, kinds and times are the same."""
    spans = spans_of()
    assert without_defaults(orjson.loads(encode(spans))) == without_defaults(official(spans))


def test_it_counts_what_was_dropped_as_the_official_encoder_does() -> None:
    """Attributes, events and links beyond the limits are reported as dropped."""
    spans = spans_of(SpanLimits(max_attributes=3, max_events=0, max_links=0))
    ours = without_defaults(orjson.loads(encode(spans)))
    assert ours == without_defaults(official(spans))
    assert b'"droppedEventsCount":1' in encode(spans)


def test_it_is_read_back_as_it_was() -> None:
    """A receiver sees the spans that the process saw."""
    spans = spans_of()
    read = {one.span_id: one for one in from_otlp_json(orjson.loads(encode(spans)))}
    assert read == {one.span_id: one for one in map(from_sdk, spans)}


def value_of(value: Any) -> Any:
    """How one attribute is encoded, for values that the SDK passes in extended attributes."""
    span = ReadableSpan("x", SpanContext(1, 1, False), attributes={"a": value})
    found = orjson.loads(encode([span]))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    return found["attributes"][0]["value"]


def test_values_that_json_has_no_word_for_are_written_as_protobuf_does() -> None:
    """Infinite numbers, bytes, nothing and mappings have forms of their own."""
    found = [
        value_of(value) for value in (math.nan, math.inf, -math.inf, b"\xff", None, {"k": (1,)})
    ]
    assert found == [
        {"doubleValue": "NaN"},
        {"doubleValue": "Infinity"},
        {"doubleValue": "-Infinity"},
        {"bytesValue": "/w=="},
        {},
        {"kvlistValue": {"values": [{"key": "k", "value": {"arrayValue": {"values": [ONE]}}}]}},
    ]


def test_one_bad_text_does_not_lose_the_batch() -> None:
    """A lone surrogate is escaped, and the spans beside it are kept."""
    spans = [
        ReadableSpan(name, SpanContext(1, 1, False), start_time=1, end_time=2)
        for name in ("lone \ud800", "whole")
    ]
    names = [one.name for one in from_otlp_json(orjson.loads(encode(spans)))]
    assert names == ["lone \\ud800", "whole"]
