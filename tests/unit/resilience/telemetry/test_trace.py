"""A finished span reads the same whichever way it came."""

from typing import Any

import orjson
import pytest
from google.protobuf.message import DecodeError
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from resilience.telemetry.otlp import encode
from resilience.telemetry.trace import SpanRecord, from_otlp, from_otlp_json, from_sdk
from resilience.testing.signals import Signals

ATTRIBUTES: Any = {"n": 1, "r": 0.5, "t": "x", "b": True, "many": ("a", "b"), "none": ()}
LINKED = SpanContext(0xABC, 0xDEF, True)


def records() -> tuple[list[SpanRecord], list[SpanRecord], list[SpanRecord]]:
    """Two spans as the SDK has them, as protobuf, and as JSON."""
    with Signals() as signals:
        tracer = signals.telemetry.tracer
        with tracer.start_as_current_span("outer", kind=SpanKind.SERVER, links=[Link(LINKED)]):
            inner = tracer.start_span("inner", kind=SpanKind.CLIENT, attributes=ATTRIBUTES)
            inner.set_status(Status(StatusCode.ERROR))
            inner.end()
        spans = signals.finished()
    proto = from_otlp(encode_spans(spans).SerializeToString())
    return [*map(from_sdk, spans)], [*proto], [*from_otlp_json(orjson.loads(encode(spans)))]


def test_all_three_ways_give_the_same_records() -> None:
    """Names, kinds, ids, times, statuses, attributes and links survive each way."""
    sdk, proto, json = records()
    assert sdk == proto == json
    inner, outer = sdk
    assert (inner.service, inner.name, inner.kind, inner.status) == (
        "test",
        "inner",
        "client",
        "error",
    )
    assert (outer.kind, outer.status, outer.links) == ("server", "unset", (format(0xABC, "032x"),))
    assert (inner.parent_id, inner.trace_id, outer.parent_id) == (
        outer.span_id,
        outer.trace_id,
        "",
    )
    assert inner.attributes["many"] == ("a", "b")


def test_a_duration_is_in_seconds() -> None:
    """From nanoseconds of start and end."""
    span = SpanRecord("s", "n", "internal", "t", "i", "", 1_000_000_000, 3_500_000_000, "unset", {})
    assert span.duration_s == 2.5


def test_what_is_no_request_is_an_error() -> None:
    """Neither form takes garbage for an empty request."""
    with pytest.raises(DecodeError):
        list(from_otlp(b"garbage"))
    with pytest.raises(KeyError):
        list(from_otlp_json({}))
