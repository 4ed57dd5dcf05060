"""The provider and tracer of `RecordedSpan`, with the SDK's samplers and ids."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import DEFAULT_ON, Decision, Sampler
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

from resilience.telemetry.recorded_span import Current, Limits, Origin, RecordedSpan, current_span

_FLAGS = tuple(TraceFlags(bits) for bits in range(4))
_SAMPLED, _RANDOM = 1, 2
_PARENTS_CHOICE = DEFAULT_ON.get_description()  # type: ignore[no-untyped-call]  # untyped there
_UNLIMITED = 1 << 30


class LeanTracer(trace.Tracer):
    """Makes spans of one instrumentation scope."""

    def __init__(self, provider: "LeanProvider", scope: InstrumentationScope) -> None:
        self._provider = provider
        self._origin = Origin(provider.resource, scope, provider.limits)

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> trace.Span:
        """A started span under the current one, or under that of `context`."""
        del record_exception, set_status_on_exception
        found: SpanContext | None = current_span(context).get_span_context()
        parent = found if found is not None and found.is_valid else None
        ids = self._provider.ids
        trace_id = ids.generate_trace_id() if parent is None else parent.trace_id
        bits, state, more = self._provider.decide(
            parent, context, trace_id, name, kind, attributes, links
        )
        own = SpanContext(trace_id, ids.generate_span_id(), False, _FLAGS[bits], state)
        if not bits & _SAMPLED:
            return trace.NonRecordingSpan(own)
        span = RecordedSpan(
            self._origin, name, own, parent, kind, (), start_time, self._provider.ended
        )
        if links:
            for link in links:
                span.add_link(link.context, link.attributes)
        if more:
            span.set_attributes(more)
        return span

    def start_as_current_span(  # type: ignore[override]  # a lighter context manager than theirs
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> AbstractContextManager[trace.Span]:
        """A span that is current inside the block and ends with it."""
        del record_exception
        span = self.start_span(name, context, kind, attributes, links, start_time)
        return Current(span, fails=set_status_on_exception, ends=end_on_exit)


class LeanProvider(trace.TracerProvider):
    """Gives tracers of one resource; disabled, it gives those that record nothing."""

    def __init__(
        self, resource: Resource, sampler: Sampler, limits: SpanLimits, *, disabled: bool = False
    ) -> None:
        self.resource = resource
        self.limits = Limits(
            limits.max_span_attributes or _UNLIMITED,
            limits.max_span_attribute_length,
            limits.max_links or _UNLIMITED,
        )
        self.ids = RandomIdGenerator()
        self._processors: tuple[SpanProcessor, ...] = ()
        self._sampler = sampler
        self._follows_parent = str(sampler.get_description()) == _PARENTS_CHOICE
        self._disabled = disabled

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Any = None,
    ) -> trace.Tracer:
        """The tracer of a scope."""
        if self._disabled:
            return trace.NoOpTracer()
        scope = InstrumentationScope(
            instrumenting_module_name, instrumenting_library_version, schema_url, attributes
        )
        return LeanTracer(self, scope)

    def add_span_processor(self, processor: SpanProcessor) -> None:
        """Hand every span that ends to `processor`, too."""
        self._processors = (*self._processors, processor)

    def ended(self, span: RecordedSpan) -> None:
        """Hand a span to every processor."""
        for processor in self._processors:
            processor.on_end(span)  # type: ignore[arg-type]  # has what a ReadableSpan has

    def decide(
        self,
        parent: SpanContext | None,
        context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind,
        attributes: Any,
        links: Sequence[Link] | None,
    ) -> tuple[int, Any, Any]:
        """Flags, state and attributes of a new span; the usual sampler is decided right here."""
        random = _RANDOM if parent is None else parent.trace_flags & _RANDOM
        if self._follows_parent:
            sampled = _SAMPLED if parent is None else parent.trace_flags & _SAMPLED
            return random | sampled, parent.trace_state if parent else None, attributes
        result = self._sampler.should_sample(context, trace_id, name, kind, attributes, links)
        sampled = _SAMPLED if result.decision is Decision.RECORD_AND_SAMPLE else 0
        return random | sampled, result.trace_state, result.attributes
