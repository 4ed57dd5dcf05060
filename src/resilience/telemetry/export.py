"""Which exporter the `OTEL_*` variables ask for, and the way of spans to it."""

from collections.abc import Mapping
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult

from resilience.telemetry.otlp import JsonSpanExporter
from resilience.telemetry.pipe import Pipe

Environment = Mapping[str, str]
_PROTOCOLS: dict[str, Any] = {
    "grpc": GrpcExporter,
    "http/protobuf": HttpExporter,
    "http/json": JsonSpanExporter,
}


def choose_exporter(environment: Environment) -> SpanExporter | None:
    """The exporter that the specification's variables ask for; None for no export.

    Unlike the specification's default, nothing is exported until an endpoint is set or
    `OTEL_TRACES_EXPORTER` says `otlp` or `console`. Raises ValueError for other names.
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    endpoint = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or environment.get(
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    name = environment.get("OTEL_TRACES_EXPORTER", "").strip() or ("otlp" if endpoint else "none")
    if name == "none":
        return None
    if name == "console":
        return ConsoleSpanExporter()
    if name == "otlp":
        return _otlp(environment)
    raise ValueError(f"OTEL_TRACES_EXPORTER is {name!r}, but must be none, console or otlp")


def _otlp(environment: Environment) -> SpanExporter:
    protocol = (
        environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
        or environment.get("OTEL_EXPORTER_OTLP_PROTOCOL")
        or "http/protobuf"
    )
    if protocol not in _PROTOCOLS:
        raise ValueError(
            f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}, but must be {', '.join(_PROTOCOLS)}"
        )
    exporter: SpanExporter = _PROTOCOLS[protocol]()
    return exporter


class SpanPipe(SpanProcessor):
    """Passes sampled spans to an exporter through a bounded queue; drops are counted.

    The SDK's own batch processor drops without a count, and its shutdown waits half a minute for
    a dead collector.
    """

    def __init__(self, exporter: SpanExporter, environment: Environment, *, limit: int) -> None:
        self._exporter = exporter
        self.pipe: Pipe[ReadableSpan] = Pipe(
            "span",
            self._export,
            limit=_number(environment, "OTEL_BSP_MAX_QUEUE_SIZE", limit),
            batch=_number(environment, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
            linger_s=_number(environment, "OTEL_BSP_SCHEDULE_DELAY", 1000) / 1000,
        )

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a finished span, when it is sampled."""
        if span.context.trace_flags.sampled:
            self.pipe.put(span)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Wait until the queue is empty; False when time ran out."""
        return self.pipe.flush(timeout_millis / 1000)

    def close(self, timeout_s: float) -> None:
        """Export what waits, for at most `timeout_s` seconds, and stop the exporter."""
        self.pipe.close(timeout_s)
        self._exporter.shutdown()

    def _export(self, spans: list[ReadableSpan]) -> bool:
        token = otel_context.attach(otel_context.Context())
        try:
            with suppress_instrumentation():
                return self._exporter.export(spans) is SpanExportResult.SUCCESS
        finally:
            otel_context.detach(token)


def _number(environment: Environment, name: str, default: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError(f"{name} is {text!r}, but must be a whole number of at least 1")
    return int(text)
