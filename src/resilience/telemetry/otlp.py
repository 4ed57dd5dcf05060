"""OTLP/JSON in one pass: the official exporter's transport with an encoder made for the hot path.

The official encoders build a message object for each attribute; here a finished span becomes
plain dictionaries and orjson writes them. A test holds the result against the official encoder.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Link, SpanContext

_HAS_REMOTE_PARENT, _REMOTE_KNOWN = 0x200, 0x100


class JsonSpanExporter(OTLPSpanExporter):
    """Exports spans as OTLP/JSON over HTTP; takes all `OTEL_EXPORTER_OTLP_*` settings."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send one batch; FAILURE when the collector did not take it."""
        result = self._client.export(encode(spans))
        return SpanExportResult.SUCCESS if result.success else SpanExportResult.FAILURE


def encode(spans: Sequence[ReadableSpan]) -> bytes:
    """An ExportTraceServiceRequest in JSON (OTLP 1.x: ids in hexadecimal, 64-bit as text)."""
    resources: dict[Resource, dict[Any, list[dict[str, Any]]]] = {}
    for span in spans:
        scopes = resources.setdefault(span.resource, {})
        scopes.setdefault(span.instrumentation_scope, []).append(_span(span))
    return orjson.dumps(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(resource.attributes)},
                    "scopeSpans": [
                        {"scope": _scope(scope), "spans": found} for scope, found in scopes.items()
                    ],
                }
                for resource, scopes in resources.items()
            ]
        }
    )


def _scope(scope: Any) -> dict[str, Any]:
    return {"name": scope.name, "version": scope.version or ""} if scope else {"name": ""}


def _span(span: ReadableSpan) -> dict[str, Any]:
    context, parent = span.context, span.parent
    encoded: dict[str, Any] = {
        **_ids(context),
        "flags": _flags(parent),
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "status": _status(span),
    }
    if parent is not None:
        encoded["parentSpanId"] = format(parent.span_id, "016x")
    if span.links:
        encoded["links"] = [_link(link) for link in span.links]
    return encoded


def _ids(context: SpanContext) -> dict[str, str]:
    return {
        "traceId": format(context.trace_id, "032x"),
        "spanId": format(context.span_id, "016x"),
    }


def _flags(parent: SpanContext | None) -> int:
    return _REMOTE_KNOWN | (_HAS_REMOTE_PARENT if parent is not None and parent.is_remote else 0)


def _link(link: Link) -> dict[str, Any]:
    return {
        **_ids(link.context),
        "flags": _flags(link.context),
        "attributes": _attributes(link.attributes or {}),
    }


def _status(span: ReadableSpan) -> dict[str, Any]:
    status: dict[str, Any] = {}
    if span.status.status_code.value:
        status["code"] = span.status.status_code.value
    if span.status.description:
        status["message"] = span.status.description
    return status


def _attributes(attributes: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"arrayValue": {"values": [_value(item) for item in value]}}
