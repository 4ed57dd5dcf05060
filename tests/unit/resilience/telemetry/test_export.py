"""Which exporter the variables ask for, and how spans get to it."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from resilience.telemetry.export import SpanPipe, choose_exporter
from resilience.telemetry.otlp import JsonSpanExporter

HERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


def kinds_for(**environment: str) -> list[type]:
    """The kinds of the exporters chosen, which are shut down again."""
    chosen = choose_exporter({name.upper(): value for name, value in environment.items()})
    if chosen is None:
        return []
    chosen.shutdown()
    return [type(one) for one in getattr(chosen, "_exporters", (chosen,))]


@pytest.mark.parametrize(
    ("environment", "kinds"),
    [
        ({}, []),
        ({"otel_traces_exporter": "none", **HERE}, []),
        ({"otel_traces_exporter": " NONE "}, []),
        ({"otel_traces_exporter": ""}, []),
        ({"otel_traces_exporter": "console"}, [ConsoleSpanExporter]),
        ({"otel_traces_exporter": "otlp"}, [HttpExporter]),
        ({"otel_traces_exporter": "OTLP, console"}, [HttpExporter, ConsoleSpanExporter]),
        ({"otel_traces_exporter": "otlp,otlp"}, [HttpExporter]),
        (HERE, [HttpExporter]),
        ({"otel_exporter_otlp_traces_endpoint": "http://127.0.0.1:9/x"}, [HttpExporter]),
        ({**HERE, "otel_exporter_otlp_protocol": "http/json"}, [JsonSpanExporter]),
        ({**HERE, "otel_exporter_otlp_protocol": "grpc"}, [GrpcExporter]),
        ({**HERE, "otel_exporter_otlp_traces_protocol": "http/json"}, [JsonSpanExporter]),
        ({**HERE, "otel_sdk_disabled": "True"}, []),
        ({**HERE, "otel_sdk_disabled": "false"}, [HttpExporter]),
        ({**HERE, "otel_sdk_disabled": "1"}, [HttpExporter]),
    ],
)
def test_the_variables_choose_the_exporter(environment: dict[str, str], kinds: list[type]) -> None:
    """Nothing is exported until an endpoint is set or an exporter is named."""
    assert kinds_for(**environment) == kinds


@pytest.mark.parametrize("value", ["zipkin", "none,otlp", "otlp,logging"])
def test_an_unknown_exporter_is_named(value: str) -> None:
    """The message says what may be asked for; none stands alone."""
    with pytest.raises(ValueError) as raised:
        choose_exporter({"OTEL_TRACES_EXPORTER": value})
    assert str(raised.value) == (
        f"OTEL_TRACES_EXPORTER is {value!r}, but must be none, or console, otlp or both"
    )


@pytest.mark.parametrize("protocol", ["grpc", "http/json", "http/protobuf"])
@pytest.mark.parametrize("name", ["TIMEOUT", "HEADERS"])
def test_a_setting_that_cannot_be_used_is_refused(protocol: str, name: str) -> None:
    """Every protocol checks its settings before anything is sent."""
    variable = f"OTEL_EXPORTER_OTLP_{name}"
    with pytest.raises(ValueError, match=f"^{variable} is "):
        choose_exporter({**HERE, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol, variable: "?"})


class Refusing(SpanExporter):
    """Takes nothing, and does not want to be shut down either."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.FAILURE

    def shutdown(self) -> None:
        raise RuntimeError("not now")


def run(exporter: SpanExporter, *, sampled: bool = True) -> dict[str, float]:
    """The books after one span went through a pipe to the exporter."""
    pipe = SpanPipe(exporter, {"OTEL_BSP_SCHEDULE_DELAY": "1"}, limit=10)
    provider = TracerProvider(shutdown_on_exit=False, sampler=None if sampled else ALWAYS_OFF)
    provider.add_span_processor(pipe)
    provider.get_tracer("t").start_span("work").end()
    assert provider.force_flush(5000)
    pipe.close(5.0)
    return {"/".join(one.values[1:]) or one.gauge.name: one.value for one in pipe.pipe.readings()}


def books(made: int, delivered: int, failed: int) -> dict[str, float]:
    """The whole account of a pipe."""
    return {
        "telemetry_made": made,
        "telemetry_delivered": delivered,
        "queue_full": 0,
        "delivery_failed": failed,
        "shutdown": 0,
    }


def test_a_sampled_span_is_exported_and_counted() -> None:
    """What arrived is delivered."""
    exporter = InMemorySpanExporter()
    assert run(exporter) == books(1, 1, 0)
    assert [span.name for span in exporter.get_finished_spans()] == ["work"]


def test_an_unsampled_span_is_not_made() -> None:
    """The sampler's choice is no drop."""
    assert run(InMemorySpanExporter(), sampled=False) == books(0, 0, 0)


@pytest.mark.fault(66, 69)
def test_a_refusing_exporter_is_counted_and_may_fail_to_shut_down() -> None:
    """Neither its refusal nor its shutdown raises."""
    assert run(Refusing()) == books(1, 0, 1)


@pytest.mark.parametrize(
    "name",
    ["OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_SCHEDULE_DELAY"],
)
def test_the_batch_variables_are_checked(name: str) -> None:
    """A queue of no length is refused by name."""
    with pytest.raises(ValueError, match=f"^{name} is '0', but must be a whole number"):
        SpanPipe(InMemorySpanExporter(), {name: "0"}, limit=10)


@pytest.mark.parametrize(
    ("protocol", "imported"),
    [
        ("", set()),
        ("grpc", {"grpc"}),
        ("http/protobuf", {"opentelemetry.exporter.otlp.proto.http"}),
        ("http/json", {"opentelemetry.exporter.otlp.json.http"}),
    ],
)
def test_only_the_exporter_in_use_is_imported(protocol: str, imported: set[str]) -> None:
    """Each takes its time to import; a process has one of them or none."""
    named = {"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}
    code = (
        "import resilience, sys; from resilience.telemetry.export import choose_exporter;"
        f"choose_exporter({named if protocol else {}!r}); print(*sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    over_http = {f"opentelemetry.exporter.otlp.{kind}.http" for kind in ("proto", "json")}
    assert {"grpc", *over_http} & {*told.stdout.split()} == imported
