"""Which exporter the `OTEL_*` variables ask for, and the way of spans to it."""

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from opentelemetry import context as otel_context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult

from resilience.options import require
from resilience.telemetry.environment import (
    Environment,
    is_true,
    otlp_settings,
    text,
    whole_number,
)
from resilience.telemetry.pipe import Pipe


def choose_exporter(environment: Environment) -> SpanExporter | None:
    """The exporter that the specification's variables ask for; None for no export.

    Unlike the specification's default, nothing is exported until an endpoint is set or
    `OTEL_TRACES_EXPORTER` says `otlp`, `console`, or both with a comma between. Raises
    ValueError for other names and for settings that cannot be used.
    """
    if is_true(environment, "OTEL_SDK_DISABLED"):
        return None
    _, endpoint = text(
        environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    variable, value = text(environment, "OTEL_TRACES_EXPORTER")
    names = [name.strip() for name in value.lower().split(",") if name.strip()]
    names = names or (["otlp"] if endpoint else ["none"])
    right = names == ["none"] or {*names} <= {"console", "otlp"}
    require(right, variable, value, "none, or console, otlp or both")
    found = [_MAKERS[name](environment) for name in dict.fromkeys(names) if name != "none"]
    return _Several(found) if len(found) > 1 else next(iter(found), None)


def _console(environment: Environment) -> SpanExporter:
    del environment
    return ConsoleSpanExporter()


def _otlp(environment: Environment) -> SpanExporter:
    settings = otlp_settings(environment)
    # The one import by name: each exporter takes a tenth of a second and some megabytes to
    # import, gRPC most, and a process uses one of them or none.
    made: SpanExporter = import_module(_OTLP[settings.protocol]).make(settings)
    return made


_OTLP = {
    "grpc": "resilience.telemetry.exporter_grpc",
    "http/protobuf": "resilience.telemetry.exporter_http",
    "http/json": "resilience.telemetry.exporter_json",
}
_MAKERS = {"console": _console, "otlp": _otlp}


class _Several(SpanExporter):
    """Exports to each of several; what one of them did not take counts as not delivered."""

    def __init__(self, exporters: Sequence[SpanExporter]) -> None:
        self._exporters = tuple(exporters)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        results = [exporter.export(spans) for exporter in self._exporters]
        every = all(result is SpanExportResult.SUCCESS for result in results)
        return SpanExportResult.SUCCESS if every else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        for exporter in self._exporters:
            exporter.shutdown()


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
            limit=whole_number(environment, limit, "OTEL_BSP_MAX_QUEUE_SIZE"),
            batch=whole_number(environment, 512, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
            linger_s=whole_number(environment, 1000, "OTEL_BSP_SCHEDULE_DELAY") / 1000,
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
        with suppress(Exception):  # the end of the process is not held up by an exporter's trouble
            self._exporter.shutdown()

    def _export(self, spans: list[ReadableSpan]) -> bool:
        token = otel_context.attach(otel_context.Context())
        try:
            with suppress_instrumentation():
                return self._exporter.export(spans) is SpanExportResult.SUCCESS
        finally:
            otel_context.detach(token)
