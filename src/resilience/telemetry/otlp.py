"""OTLP/JSON in one pass: the official exporter's transport with an encoder made for the hot path.

The official encoders build a message object for each attribute; here a finished span becomes
plain dictionaries and orjson writes them. A test holds the result against the official encoder.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import inf, isfinite
from typing import Any

from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Link, SpanContext
from orjson import Fragment

from resilience.telemetry.encoding import to_json
from resilience.telemetry.recorded_span import UNSET, Ids, RecordedSpan, ids_in

_HAS_REMOTE_PARENT, _REMOTE_KNOWN = 0x200, 0x100
_NO_STATUS: dict[str, Any] = {}
_INFINITE = {inf: "Infinity", -inf: "-Infinity"}


class JsonSpanExporter(OTLPSpanExporter):
    """Exports spans as OTLP/JSON over HTTP; takes all `OTEL_EXPORTER_OTLP_*` settings."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send one batch; FAILURE when the collector did not take it."""
        result = self._client.export(encode(spans))
        return SpanExportResult.SUCCESS if result.success else SpanExportResult.FAILURE


def encode(spans: Sequence[ReadableSpan]) -> bytes:
    """An ExportTraceServiceRequest in JSON (OTLP 1.x: ids in hexadecimal, 64-bit as text)."""
    groups: dict[tuple[int, int], list[dict[str, Any]]] = {}
    origins: dict[int, dict[int, tuple[Any, Any]]] = {}
    for span in spans:
        resource, scope = span.resource, span.instrumentation_scope
        # By identity: hashing a resource or a scope costs more than encoding a span.
        key = (id(resource), id(scope))
        if key not in groups:
            groups[key] = []
            origins.setdefault(id(resource), {})[id(scope)] = (resource, scope)
        groups[key].append(_span(span))
    return to_json(
        {"resourceSpans": [_resource_spans(found, groups) for found in origins.values()]}
    )


def _resource_spans(
    origins: Mapping[int, tuple[Resource, Any]],
    groups: Mapping[tuple[int, int], list[dict[str, Any]]],
) -> dict[str, Any]:
    resource, _ = next(iter(origins.values()))
    return {
        "resource": {"attributes": _attributes(resource.attributes)},
        "scopeSpans": [
            {
                "scope": _scope(scope),
                "spans": groups[id(resource), id(scope)],
                "schemaUrl": scope.schema_url or "" if scope else "",
            }
            for _, scope in origins.values()
        ],
        "schemaUrl": resource.schema_url,
    }


def _scope(scope: Any) -> dict[str, Any]:
    if not scope:
        return {}
    encoded = {"name": scope.name, "version": scope.version or ""}
    return {**encoded, "attributes": _attributes(scope.attributes)} if scope.attributes else encoded


def _span(span: ReadableSpan) -> dict[str, Any]:
    context, parent = span.context, span.parent
    ids = span.ids if isinstance(span, RecordedSpan) else ids_in(context)
    encoded: dict[str, Any] = {
        "traceId": ids.trace_id,
        "spanId": ids.span_id,
        "flags": _flags(parent),
        "name": span.name,
        "kind": span.kind._value_ + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "status": _NO_STATUS if span.status is UNSET else _status(span),
    }
    if parent is not None:
        encoded["parentSpanId"] = format(parent.span_id, "016x")
    if context.trace_state:
        encoded["traceState"] = context.trace_state.to_header()
    if span.links:
        encoded["links"] = [_link(link) for link in span.links]
    if span.events:
        encoded["events"] = [_event(event) for event in span.events]
    _count_dropped(span, encoded)
    return encoded


def _count_dropped(span: ReadableSpan, encoded: dict[str, Any]) -> None:
    if span.dropped_attributes:
        encoded["droppedAttributesCount"] = span.dropped_attributes
    if span.dropped_events:
        encoded["droppedEventsCount"] = span.dropped_events
    if span.dropped_links:
        encoded["droppedLinksCount"] = span.dropped_links


def _ids(ids: Ids) -> dict[str, str]:
    return {"traceId": ids.trace_id, "spanId": ids.span_id}


def _flags(parent: SpanContext | None) -> int:
    return _REMOTE_KNOWN | (_HAS_REMOTE_PARENT if parent is not None and parent.is_remote else 0)


def _link(link: Link) -> dict[str, Any]:
    return {
        **_ids(ids_in(link.context)),
        "flags": _flags(link.context),
        "attributes": _attributes(link.attributes or {}),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "timeUnixNano": str(event.timestamp),
        "attributes": _attributes(event.attributes or {}),
    }


def _status(span: ReadableSpan) -> dict[str, Any]:
    status: dict[str, Any] = {}
    if span.status.status_code.value:
        status["code"] = span.status.status_code.value
    if span.status.description:
        status["message"] = span.status.description
    return status


def _attributes(attributes: Any) -> Fragment:
    """All attributes of a span, which are often those of one before."""
    kinds = tuple(map(type, attributes.values()))
    if _REPEATED.issuperset(kinds):
        return _frequent_set(tuple(attributes.items()), kinds)
    return Fragment(b"[%s]" % b",".join(_encoded(*item) for item in attributes.items()))


@lru_cache(maxsize=256)
def _frequent_set(items: tuple[tuple[str, Any], ...], kinds: tuple[type, ...]) -> Fragment:
    """`kinds` tells True from 1 and from 1.0, which are equal."""
    del kinds
    return Fragment(b"[%s]" % b",".join(_encoded(*item) for item in items))


def _encoded(key: str, value: Any) -> bytes:
    return _frequent(key, value) if type(value) in _REPEATED else _attribute(key, value)


def _attribute(key: str, value: Any) -> bytes:
    return to_json({"key": key, "value": _value(value)})


_REPEATED = frozenset((str, bool, int, float))
"""Types whose values are mostly those of other spans; `typed`, since 1 is True to a cache."""
_frequent = lru_cache(maxsize=1024, typed=True)(_attribute)


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value if isfinite(value) else _INFINITE.get(value, "NaN")}
    return _rare_value(value)


def _rare_value(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, bytes):
        return {"bytesValue": b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": _attributes(value)}}
    return {"arrayValue": {"values": [_value(item) for item in value]}}
