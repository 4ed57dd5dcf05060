"""Tests of `resilience.telemetry.tracer`: what it exports is what the SDK would have exported."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON, ParentBased, Sampler
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from resilience.telemetry.otlp import encode
from resilience.telemetry.tracer import LeanProvider

RESOURCE = Resource({"service.name": "test"})
REMOTE = SpanContext(0xA1, 0xB2, is_remote=True, trace_flags=TraceFlags(1))
UNSAMPLED = SpanContext(0xA1, 0xB2, is_remote=True, trace_flags=TraceFlags(0))


class Keep(SpanProcessor):
    """Keeps what ends."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    def on_end(self, span: ReadableSpan) -> None:
        """One more."""
        self.spans.append(span)


def limits() -> SpanLimits:
    """Few attributes, short values, few links, no events."""
    return SpanLimits(max_events=0, max_attributes=6, max_span_attribute_length=8, max_links=2)


def ours(sampler: Sampler = DEFAULT_ON) -> tuple[trace.Tracer, Keep]:
    """A tracer under test, and what it ended."""
    provider, kept = LeanProvider(RESOURCE, sampler, limits()), Keep()
    provider.add_span_processor(kept)
    return provider.get_tracer("scope", "1"), kept


def stock(sampler: Sampler = DEFAULT_ON) -> tuple[trace.Tracer, Keep]:
    """The SDK's tracer with the same settings."""
    provider = TracerProvider(sampler, RESOURCE, span_limits=limits(), shutdown_on_exit=False)
    kept = Keep()
    provider.add_span_processor(kept)
    return provider.get_tracer("scope", "1"), kept


def under(parent: SpanContext) -> Context:
    """A context in which a span is current."""
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())


def plain(tracer: trace.Tracer) -> None:
    """A root with attributes of every type."""
    values: dict[str, Any] = {"s": "text", "b": True, "i": 3, "f": 0.5, "list": ["a", "b"]}
    tracer.start_span("plain", Context(), SpanKind.SERVER, values).end()


def remote_child(tracer: trace.Tracer) -> None:
    """A child of a remote span."""
    tracer.start_span("child", under(REMOTE), SpanKind.CLIENT).end()


def renamed_and_failed(tracer: trace.Tracer) -> None:
    """A span that gets its name, its status and a link late, and is not changed after its end."""
    span = tracer.start_span("first", Context(), links=[Link(REMOTE, {"k": "v"})])
    span.update_name("second")
    span.add_link(UNSAMPLED)
    span.set_status(Status(StatusCode.ERROR))
    span.end()
    span.set_attribute("late", 1)
    span.update_name("third")
    span.set_status(StatusCode.OK)


def ok_is_final(tracer: trace.Tracer) -> None:
    """OK stays, whatever comes after it."""
    span = tracer.start_span("ok", Context())
    span.set_status(StatusCode.OK)
    span.set_status(StatusCode.ERROR)
    span.end()


def long_values(tracer: trace.Tracer) -> None:
    """A text longer than allowed is cut."""
    tracer.start_span("long", Context(), attributes={"text": "0123456789"}).end()


def raising(tracer: trace.Tracer) -> None:
    """An error that leaves the block."""
    with pytest.raises(KeyError), tracer.start_as_current_span("raising", Context()):
        raise KeyError


SCENES = [plain, remote_child, renamed_and_failed, ok_is_final, long_values, raising]


def exported(kept: Keep) -> list[Any]:
    """What went out, without the ids and times that differ from run to run."""
    document = orjson.loads(encode(kept.spans))
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    for span in spans:
        span["status"].pop("message", None)
        for name in ("spanId", "startTimeUnixNano", "endTimeUnixNano", "droppedEventsCount"):
            span.pop(name, None)
        if "parentSpanId" not in span:
            span.pop("traceId")
    return [document["resourceSpans"][0]["resource"], spans]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_export_equals_the_sdks(scene: Callable[[trace.Tracer], None]) -> None:
    """The same calls give the same exported span as the SDK's own tracer."""
    (tracer, kept), (reference, expected) = ours(), stock()
    scene(tracer)
    scene(reference)
    assert exported(kept) == exported(expected)


@pytest.mark.parametrize(
    "sampler",
    [DEFAULT_ON, ALWAYS_OFF, ParentBased(ALWAYS_OFF)],
    ids=["default", "off", "roots off"],
)
@pytest.mark.parametrize("parent", [None, REMOTE, UNSAMPLED], ids=["root", "sampled", "not"])
def test_sampling_equals_the_sdks(sampler: Sampler, parent: SpanContext | None) -> None:
    """Whether a span is recorded, and what its flags say, is as the SDK decides."""
    context = Context() if parent is None else under(parent)
    found = [make(sampler)[0].start_span("x", context) for make in (ours, stock)]
    shown = [(span.is_recording(), span.get_span_context().trace_flags) for span in found]
    assert shown[0] == shown[1]


def test_the_first_attributes_are_kept() -> None:
    """Past the limit new names are dropped and counted; a known name can still change."""
    tracer, kept = ours()
    span = tracer.start_span("many", attributes={str(n): n for n in range(8)})
    span.set_attribute("0", "new")
    span.end()
    (ended,) = kept.spans
    assert ended.attributes == {"0": "new", **{str(n): n for n in range(1, 6)}}
    assert ended.dropped_attributes == 2


def test_what_cannot_be_an_attribute_is_dropped() -> None:
    """An object, a mapping and a mixed list with one are dropped and counted, not raised."""
    tracer, kept = ours()
    values: dict[str, Any] = {
        "object": object(),
        "mapping": {"a": 1},
        "mixed": ["a", object()],
        "none": None,
    }
    tracer.start_span("odd", attributes=values).end()
    assert (kept.spans[0].attributes, kept.spans[0].dropped_attributes) == ({}, 4)


def test_disabled_provider_records_nothing() -> None:
    """A disabled provider gives a tracer whose spans have no ids of their own."""
    provider = LeanProvider(RESOURCE, DEFAULT_ON, limits(), disabled=True)
    span = provider.get_tracer("scope").start_span("x", Context())
    assert (span.is_recording(), span.get_span_context().is_valid) == (False, False)


def test_nested_spans_share_a_trace() -> None:
    """A span that is current is the parent of those begun inside it."""
    tracer, kept = ours()
    with tracer.start_as_current_span("outer") as outer:
        tracer.start_span("inner").end()
    inner = kept.spans[0]
    assert (inner.name, inner.parent) == ("inner", outer.get_span_context())
    assert inner.context.trace_id == outer.get_span_context().trace_id
