"""A span for the hot path: OpenTelemetry's span, as a plain dictionary of attributes.

The SDK's own span checks and locks each attribute on its own, twice for what an instrumentation
sets again. This one keeps three promises besides: it ends after the time that really passed,
whatever the wall clock does; it holds no exception texts, which may quote what a person typed; and
its status has no description, for the same reason. A test holds its exported form against the
SDK's.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from time import monotonic_ns, time_ns
from types import TracebackType
from typing import Any, NamedTuple

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

_SPAN_KEY = next(iter(trace.set_span_in_context(trace.INVALID_SPAN, otel_context.Context())))
UNSET = Status(StatusCode.UNSET)
PLAIN = frozenset({str, int, bool, float})


class Ids(NamedTuple):
    """What ties a metric and a log line to a span; empty outside one."""

    trace_id: str
    span_id: str
    sampled: bool


def current_span(context: otel_context.Context | None = None) -> trace.Span:
    """The current span, or that of `context`; OpenTelemetry's own function checks more."""
    found = (otel_context.get_current() if context is None else context).get(_SPAN_KEY)
    return found if found is not None else trace.INVALID_SPAN  # type: ignore[return-value]  # its key


def ids_in(context: SpanContext) -> Ids:
    """The ids of a valid context."""
    trace_id, span_id, _, flags, _, _ = context  # as properties they are a call each
    return Ids(f"{trace_id:032x}", f"{span_id:016x}", bool(flags & TraceFlags.SAMPLED))


def under(span: trace.Span, context: otel_context.Context | None = None) -> otel_context.Context:
    """The context, or the current one, with the span as the current one."""
    within = otel_context.get_current() if context is None else context
    return otel_context.Context({**within, _SPAN_KEY: span})


class Limits(NamedTuple):
    """How much one span may hold."""

    attributes: int
    value_chars: int | None
    links: int


class Origin(NamedTuple):
    """What the spans of one tracer have in common."""

    resource: Resource
    scope: InstrumentationScope
    limits: Limits


class RecordedSpan(trace.Span):
    """A span that is recorded, from its start until processors get it at its end."""

    events: Sequence[Any] = ()
    dropped_events = 0
    dropped_links = 0
    _ids: Ids | None = None

    def __init__(
        self,
        origin: Origin,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        links: Sequence[Link],
        start_time: int | None,
        ended: Callable[[Any], None],
    ) -> None:
        now_ns = time_ns()
        self.start_time = now_ns if start_time is None else start_time
        self._began_ns = monotonic_ns() - max(0, now_ns - self.start_time)
        self.end_time: int | None = None
        self.name, self.context, self.parent = name, context, parent
        self.kind, self.links, self.status = kind, links, UNSET
        self.attributes: dict[str, Any] = {}
        self.dropped_attributes = 0
        self._origin = origin
        self._ended = ended

    @property
    def resource(self) -> Resource:
        """What the span's process is."""
        return self._origin.resource

    @property
    def instrumentation_scope(self) -> InstrumentationScope:
        """Who makes spans of this sort."""
        return self._origin.scope

    @property
    def ids(self) -> Ids:
        """The span's ids in hexadecimal, formatted once."""
        if self._ids is None:
            self._ids = ids_in(self.context)
        return self._ids

    def get_span_context(self) -> SpanContext:
        """The span's ids."""
        return self.context

    def is_recording(self) -> bool:
        """Until the end."""
        return self.end_time is None

    def set_attribute(self, key: str, value: Any) -> None:
        """Keep one attribute; what OpenTelemetry cannot hold is dropped and counted."""
        if self.end_time is not None:
            return
        if type(value) is str:
            value = value[: self._origin.limits.value_chars]
        elif type(value) not in PLAIN:
            value = _sequence(value)
        held = self.attributes
        if value is None or (len(held) >= self._origin.limits.attributes and key not in held):
            self.dropped_attributes += 1
            return
        held[key] = value

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Keep several attributes; all at once when there is nothing to drop or to cut."""
        held, limits = self.attributes, self._origin.limits
        fits = limits.value_chars is None and len(held) + len(attributes) <= limits.attributes
        if fits and self.end_time is None and PLAIN.issuperset(map(type, attributes.values())):
            held.update(attributes)
            return
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        """Nothing: what happens within a span has a span of its own."""

    def record_exception(
        self,
        exception: BaseException,
        attributes: Any = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Nothing: the text of an exception may quote what a person typed."""

    def add_link(self, context: SpanContext, attributes: Any = None) -> None:
        """Point to another span, up to the provider's limit."""
        if self.end_time is None and len(self.links) < self._origin.limits.links:
            self.links = (*self.links, Link(context, attributes))

    def update_name(self, name: str) -> None:
        """Give the span another name."""
        if self.end_time is None:
            self.name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status, without a description; OK is final, as the specification says."""
        del description
        code = status if isinstance(status, StatusCode) else status.status_code
        if self.end_time is None and self.status.status_code is not StatusCode.OK:
            self.status = Status(code) if code is not StatusCode.UNSET else self.status

    def end(self, end_time: int | None = None) -> None:
        """End once, after the time that passed on the monotonic clock."""
        if self.end_time is not None:
            return
        passed_ns = max(0, monotonic_ns() - self._began_ns)
        self.end_time = self.start_time + passed_ns if end_time is None else end_time
        self._ended(self)

    def to_json(self, indent: int | None = 4) -> str:
        """The span as the SDK writes it, for the console exporter."""
        readable = ReadableSpan(
            name=self.name,
            context=self.context,
            parent=self.parent,
            resource=self.resource,
            attributes=self.attributes,
            links=self.links,
            kind=self.kind,
            status=self.status,
            start_time=self.start_time,
            end_time=self.end_time,
            instrumentation_scope=self.instrumentation_scope,
        )
        return str(readable.to_json(indent))


class Current(AbstractContextManager[trace.Span]):
    """Makes a span current while a block runs; an error that leaves the block fails it."""

    __slots__ = ("_ends", "_fails", "_span", "_token")

    def __init__(self, span: trace.Span, *, fails: bool = True, ends: bool = True) -> None:
        self._span, self._fails, self._ends = span, fails, ends

    def __enter__(self) -> trace.Span:
        """The span."""
        self._token = otel_context.attach(under(self._span))
        return self._span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        """End the span."""
        otel_context.detach(self._token)
        if error is not None:
            self._failed(error)
        if self._ends:
            self._span.end()

    def _failed(self, error: BaseException) -> None:
        if self._fails and isinstance(error, Exception):
            self._span.set_status(StatusCode.ERROR)


def _sequence(value: Any) -> Any:
    """A sequence of one plain type as a tuple; None for anything else."""
    if isinstance(value, str | int | float):
        return value
    if not isinstance(value, Sequence) or len({type(item) for item in value} - PLAIN) > 0:
        return None
    return tuple(value)
