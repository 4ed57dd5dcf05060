"""The three signals of one process: put together from options and variables, and taken down."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from resilience.options import TelemetryOptions
from resilience.telemetry.setup import Telemetry
from resilience.testing.signals import Signals


class Kept(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a finished span."""
        self.spans.append(span)


def telemetry_of(
    environment: Mapping[str, str], lines: int | None = None, kept: Kept | None = None
) -> Telemetry:
    """Telemetry of a process called `named`."""
    with Signals() as signals:
        domains = signals.domains
    return Telemetry(
        TelemetryOptions(service="named", version="7", queue=100),
        domains=domains,
        environment=environment,
        lines=lines,
        processor=kept,
    )


class Process:
    """Telemetry of a process that logs to a file."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self._path = path
        self.kept = Kept()
        self._file = path.open("wb")
        self.telemetry = telemetry_of(environment, self._file.fileno(), self.kept)

    def work(self) -> dict[str, Any]:
        """One span with one log line in it; the line."""
        with self.telemetry.observe("work"):
            self.telemetry.logs.logger("x").info("e")
        assert self.telemetry.flush()
        return dict(orjson.loads(self._path.read_bytes().splitlines()[-1]))

    def close(self) -> None:
        """Take it down, twice."""
        self.telemetry.close()
        self.telemetry.close()
        self._file.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    """Starts a process with some variables; all are closed at the end."""
    started: list[Process] = []

    def begin(**environment: str) -> Process:
        started.append(Process(tmp_path / f"{len(started)}.jsonl", environment))
        return started[-1]

    yield begin
    for process in started:
        process.close()


def test_the_options_name_the_process(start: Any) -> None:
    """Spans and lines carry the service; spans its version."""
    process = start()
    line = process.work()
    resource = process.kept.spans[0].resource.attributes
    assert (resource["service.name"], resource["service.version"], line["service"]) == (
        "named",
        "7",
        "named",
    )
    assert resource["telemetry.sdk.language"] == "python"


def test_the_variables_go_before_the_options(start: Any) -> None:
    """Spans and lines follow `OTEL_SERVICE_NAME` and the resource attributes alike."""
    process = start(
        OTEL_SERVICE_NAME="mine", OTEL_RESOURCE_ATTRIBUTES="service.name=x,service.version=8,a=b"
    )
    line = process.work()
    resource = process.kept.spans[0].resource.attributes
    assert (resource["service.name"], resource["service.version"], resource["a"]) == (
        "mine",
        "8",
        "b",
    )
    assert line["service"] == "mine"


def test_a_span_and_its_line_carry_the_same_ids(start: Any) -> None:
    """The line is found by the trace, and the trace by the line."""
    process = start()
    line = process.work()
    context = process.kept.spans[0].context
    assert (line["trace_id"], line["span_id"], line["trace_flags"]) == (
        format(context.trace_id, "032x"),
        format(context.span_id, "016x"),
        "01",
    )


def test_a_sampler_that_drops_all_leaves_the_ids(start: Any) -> None:
    """Lines still carry a trace, marked as unsampled."""
    process = start(OTEL_TRACES_SAMPLER="always_off")
    line = process.work()
    assert (process.kept.spans, line["trace_flags"], len(line["trace_id"])) == ([], "00", 32)


def test_a_disabled_sdk_makes_no_spans_at_all(start: Any) -> None:
    """Lines and metrics go on, without ids."""
    process = start(OTEL_SDK_DISABLED="true", OTEL_TRACES_EXPORTER="otlp")
    line = process.work()
    assert (process.kept.spans, "trace_id" in line, line["event"]) == ([], False, "e")
    assert b"telemetry_made_total" in process.telemetry.metrics("")[1]


def test_limits_of_attributes_can_be_set(start: Any) -> None:
    """The specification's variable goes before the default of 64."""
    process = start(OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="2")
    with process.telemetry.observe("work", attributes={"a": 1, "b": 2, "c": 3}):
        pass
    assert process.kept.spans[0].attributes == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_TRACES_SAMPLER", "x"),
        ("OTEL_RESOURCE_ATTRIBUTES", "x"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "x"),
    ],
)
def test_a_wrong_variable_is_an_error_at_the_start(name: str, value: str) -> None:
    """Nothing starts half: the message names the variable."""
    with pytest.raises(ValueError, match=f"^{name} is {value!r}, but must be "):
        telemetry_of({name: value})


def test_the_books_of_the_lines_are_shown(start: Any) -> None:
    """Made and delivered lines are counters, and drops exist at 0 by reason."""
    process = start()
    process.work()
    text = process.telemetry.metrics("")[1].decode()
    found = [line for line in text.splitlines() if line.startswith("telemetry_")]
    assert found == [
        'telemetry_failures_total{reason="raised",signal="span"} 0.0',
        'telemetry_failures_total{reason="raised",signal="metric"} 0.0',
        'telemetry_failures_total{reason="raised",signal="log"} 0.0',
        'telemetry_failures_total{reason="raised",signal="gauge"} 0.0',
        'telemetry_made_total{signal="log"} 1.0',
        'telemetry_delivered_total{signal="log"} 1.0',
        'telemetry_dropped_total{reason="queue_full",signal="log"} 0.0',
        'telemetry_dropped_total{reason="delivery_failed",signal="log"} 0.0',
        'telemetry_dropped_total{reason="shutdown",signal="log"} 0.0',
    ]


def test_closing_is_quick_when_nothing_hangs(start: Any) -> None:
    """With nobody in the way, the end takes no time."""
    process = start()
    process.work()
    began = time.monotonic()
    process.telemetry.close()
    assert time.monotonic() - began < 1.0
