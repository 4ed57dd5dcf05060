"""A finished span as a record to read, whichever exporter it came by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan

_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("unset", "ok", "error")


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One finished span. Times are nanoseconds since 1970; ids are hexadecimal."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    status: str
    attributes: Mapping[str, Any]
    links: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Seconds from start to end."""
        return (self.end_ns - self.start_ns) / 1e9


def from_sdk(span: ReadableSpan) -> SpanRecord:
    """The record of a span of the SDK in this process."""
    return SpanRecord(
        service=str(span.resource.attributes.get("service.name", "")),
        name=span.name,
        kind=span.kind.name.lower(),
        trace_id=format(span.context.trace_id, "032x"),
        span_id=format(span.context.span_id, "016x"),
        parent_id=format(span.parent.span_id, "016x") if span.parent else "",
        start_ns=span.start_time or 0,
        end_ns=span.end_time or 0,
        status=span.status.status_code.name.lower(),
        attributes=dict(span.attributes or {}),
        links=tuple(format(link.context.trace_id, "032x") for link in span.links),
    )


def from_otlp(body: bytes) -> Iterable[SpanRecord]:
    """The spans of an OTLP/protobuf request; raises DecodeError or IndexError for anything else."""
    request = ExportTraceServiceRequest.FromString(body)
    for of_resource in request.resource_spans:
        service = _attributes(of_resource.resource.attributes).get("service.name", "")
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield _from_proto(service, span)


def from_otlp_json(request: Mapping[str, Any]) -> Iterable[SpanRecord]:
    """The spans of a decoded OTLP/JSON request; raises KeyError for a wrong form."""
    for of_resource in request["resourceSpans"]:
        service = _json_attributes(of_resource["resource"]["attributes"]).get("service.name", "")
        for of_scope in of_resource["scopeSpans"]:
            for span in of_scope["spans"]:
                yield _from_json(service, span)


def _from_proto(service: str, span: Any) -> SpanRecord:
    return SpanRecord(
        service=service,
        name=span.name,
        kind=_KINDS[span.kind],
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        status=_STATUSES[span.status.code],
        attributes=_attributes(span.attributes),
        links=tuple(link.trace_id.hex() for link in span.links),
    )


def _from_json(service: str, span: Mapping[str, Any]) -> SpanRecord:
    return SpanRecord(
        service=service,
        name=span["name"],
        kind=_KINDS[span["kind"]],
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent_id=span.get("parentSpanId", ""),
        start_ns=int(span["startTimeUnixNano"]),
        end_ns=int(span["endTimeUnixNano"]),
        status=_STATUSES[span.get("status", {}).get("code", 0)],
        attributes=_json_attributes(span.get("attributes", [])),
        links=tuple(link["traceId"] for link in span.get("links", [])),
    )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _proto_value(pair.value) for pair in pairs}


def _proto_value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return tuple(_proto_value(item) for item in value.array_value.values)
    return getattr(value, kind) if kind else ""


def _json_attributes(pairs: Any) -> dict[str, Any]:
    return {pair["key"]: _json_value(pair["value"]) for pair in pairs}


def _json_value(value: Mapping[str, Any]) -> Any:
    for kind, held in value.items():
        if kind == "intValue":
            return int(held)
        if kind == "doubleValue":
            return float(held)
        if kind == "arrayValue":
            return tuple(_json_value(item) for item in held.get("values", ()))
        return held
    return ""
