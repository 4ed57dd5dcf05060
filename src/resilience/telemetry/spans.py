"""The one maker of spans."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from time import time_ns
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from resilience.declare import Event
from resilience.declare import Span as Place
from resilience.events import SpanKind
from resilience.telemetry.encoding import plain
from resilience.telemetry.recorded_span import (
    PLAIN,
    Current,
    Ids,
    RecordedSpan,
    current_span,
    ids_in,
    under,
)

Attributes = Mapping[str, str | int | float | bool]
_KINDS = {
    SpanKind.INTERNAL: trace.SpanKind.INTERNAL,
    SpanKind.CLIENT: trace.SpanKind.CLIENT,
    SpanKind.SERVER: trace.SpanKind.SERVER,
}
_PROPAGATOR = TraceContextTextMapPropagator()
_NOWHERE = Context()
"""Where a new trace begins, whatever span is current."""


NO_IDS = Ids("", "", False)


def ids_of(span: trace.Span) -> Ids:
    """The ids of a span, in hexadecimal; `NO_IDS` for none."""
    if isinstance(span, RecordedSpan):
        return span.ids
    context = span.get_span_context()
    return ids_in(context) if context.is_valid else NO_IDS


def current_ids() -> Ids:
    """The ids of the current span."""
    return ids_of(current_span())


def current_trace_id() -> str:
    """The current trace id, in hexadecimal; empty outside a trace."""
    return current_ids().trace_id


def remote_context(carrier: Mapping[str, str]) -> SpanContext | None:
    """The span that a trusted caller's headers name; None when absent or malformed."""
    if "traceparent" not in carrier:
        return None
    context = trace.get_current_span(_PROPAGATOR.extract(carrier, Context())).get_span_context()
    return context if context.is_valid else None


def beginning(
    carrier: Mapping[str, str], *, trusted: bool, within: Context
) -> tuple[Context, Sequence[Link]]:
    """Where the span of a request begins: under the span that a trusted caller's headers name.

    A stranger's is linked instead, without the state that may come with it.
    """
    if trusted:
        parent = remote_context(carrier)
        return within if parent is None else under(trace.NonRecordingSpan(parent), within), ()
    stranger = remote_context({key: carrier[key] for key in ("traceparent",) if key in carrier})
    return within, () if stranger is None else (Link(stranger),)


def carry(span: trace.Span, headers: MutableMapping[str, str]) -> None:
    """Name a span in the headers of what is sent on (W3C Trace Context, level 1); no baggage."""
    _, _, _, flags, state, is_valid = span.get_span_context()
    if not is_valid:
        return
    ids = ids_of(span)
    headers["traceparent"] = f"00-{ids.trace_id}-{ids.span_id}-{flags:02x}"
    if state:
        headers["tracestate"] = state.to_header()


class Spans:
    """Spans for events and spans round work, from one tracer."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._plans: dict[type[Event], Callable[[Event], dict[str, Any]]] = {}

    def open(self, event: Event) -> tuple[trace.Span, bool]:
        """The span that stands for an event, and whether the recorder must end it."""
        if event.span is Place.CURRENT:
            span = current_span()
            if span.is_recording():
                span.set_attributes(self._attributes(event))
                fail(span, event.failed)
            return span, False
        lasted_ns = max(0, int(getattr(event, event.lasted) * 1e9)) if event.lasted else 0
        start = time_ns() - lasted_ns
        attributes = self._attributes(event)
        return self._tracer.start_span(
            event.span_name, attributes=attributes, start_time=start
        ), True

    def observe(
        self, name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes | None = None
    ) -> AbstractContextManager[trace.Span]:
        """A span round a piece of work, under the current one."""
        return _Round(self._tracer.start_span(name, kind=_KINDS[kind], attributes=attributes))

    def serve(
        self, name: str, carrier: Mapping[str, str], trusted: bool, attributes: Attributes
    ) -> AbstractContextManager[trace.Span]:
        """A SERVER span: a child of a trusted caller's span, a new root with a link otherwise."""
        parent, links = beginning(carrier, trusted=trusted, within=_NOWHERE)
        return _Round(
            self._tracer.start_span(
                name, context=parent, kind=trace.SpanKind.SERVER, attributes=attributes, links=links
            )
        )

    def _attributes(self, event: Event) -> dict[str, Any]:
        plan = self._plans.get(type(event))
        if plan is None:
            plan = self._plans[type(event)] = _plan(type(event))
        return plan(event)


def _plan(kind: type[Event]) -> Callable[[Event], dict[str, Any]]:
    """How to turn an event of one kind into span attributes."""
    names = {f: kind.attributes.get(f, f"resilience.{f}") for f in kind.fields()}
    wanted = [(field, key) for field, key in names.items() if key]

    def attributes(event: Event) -> dict[str, Any]:
        values = event.__dict__
        found = {}
        for field, key in wanted:
            value = values[field]
            if value is not None and type(value) not in PLAIN:
                value = value._value_ if isinstance(value, StrEnum) else plain(value)
            if value is not None and value != "":
                found[key] = value
        return found

    return attributes


def fail(span: trace.Span, error_type: str) -> None:
    """Mark a span as failed, unless there is no error type."""
    if error_type:
        span.set_attribute("error.type", str(error_type))
        span.set_status(Status(StatusCode.ERROR))


class _Round(Current):
    """A span round work; an exception that leaves it marks it as failed, unless it is already."""

    __slots__ = ()

    def _failed(self, error: BaseException) -> None:
        status = getattr(self._span, "status", None)
        if status is None or status.is_unset:
            fail(self._span, type(error).__name__)
