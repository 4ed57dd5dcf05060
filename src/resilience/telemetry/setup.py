"""Puts the three signals of one process together, and takes them down."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor
from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from resilience.declare import Domains, Event
from resilience.events import CATALOGUE
from resilience.gauges import Readings
from resilience.options import TelemetryOptions
from resilience.telemetry.counters import Counters
from resilience.telemetry.environment import (
    Environment,
    choose_sampler,
    is_true,
    resource_attributes,
    whole_number,
)
from resilience.telemetry.export import SpanPipe, choose_exporter
from resilience.telemetry.log_file import LogFile
from resilience.telemetry.logs import Logs, lines_to
from resilience.telemetry.pipe import Deliver, Pipe
from resilience.telemetry.recorder import Recorder
from resilience.telemetry.spans import Spans, current_trace_id
from resilience.telemetry.tracer import LeanProvider

_NO_NOISE = ("opentelemetry.exporter", "opentelemetry.sdk", "urllib3.connectionpool")


class Telemetry:
    """What a process needs to tell of itself: `emit`, `observe`, `serve`, `logs`, `metrics`."""

    def __init__(
        self,
        options: TelemetryOptions,
        *,
        domains: Domains,
        catalogue: Sequence[type[Event]] = CATALOGUE,
        environment: Environment | None = None,
        lines: int | None = None,
        processor: SpanProcessor | None = None,
    ) -> None:
        """`lines`: the descriptor that log lines go to (standard error).

        `processor`: a further receiver of spans. Raises ValueError for `OTEL_*` values that
        cannot be used, and OSError for a log file that cannot be written.
        """
        environment = os.environ if environment is None else environment
        self._options = options
        self.registry = CollectorRegistry()
        self.provider = _provider(options, environment)
        self._spans_out = self._open_spans(environment)
        if processor is not None:
            self.provider.add_span_processor(processor)
        self._lines_out: Pipe[bytes] = Pipe(
            "log",
            _lines_out(sys.stderr.fileno() if lines is None else lines, options.log_file),
            limit=options.queue,
            batch=256,
            linger_s=0.01,
        )
        self.tracer: Tracer = self.provider.get_tracer("resilience", options.version)
        spans = Spans(self.tracer)
        counters = Counters(self.registry, catalogue, domains)
        service = str(self.provider.resource.attributes["service.name"])
        self.logs = Logs(self._lines_out.put, service=service, level=options.log_level)
        self.emit = Recorder(spans, counters, self.logs)
        self.observe, self.serve = spans.observe, spans.serve
        self.metrics, self.trace_id = counters.expose, current_trace_id
        self._watch = counters.watch
        self._watch_itself()

    def watch(self, *sources: Readings) -> None:
        """Ask for these gauges at each scrape from now on."""
        for readings in sources:
            self._watch(readings)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until spans and lines are out; False when time ran out."""
        spans = self._spans_out is None or self._spans_out.pipe.flush(timeout_s)
        return self._lines_out.flush(timeout_s) and spans

    def close(self) -> None:
        """Deliver what waits, for at most the options' `shutdown_s`; the rest is counted."""
        limit_s = self._options.shutdown_s
        if self._spans_out is not None:
            self._spans_out.close(limit_s * 0.7)
        self._lines_out.close(limit_s * 0.2)

    def _open_spans(self, environment: Environment) -> SpanPipe | None:
        exporter = choose_exporter(environment)
        if exporter is None:
            return None
        for name in _NO_NOISE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        pipe = SpanPipe(exporter, environment, limit=self._options.queue)
        self.provider.add_span_processor(pipe)
        return pipe

    def _watch_itself(self) -> None:
        self._watch(self.emit.readings)
        self._watch(self._lines_out.readings)
        if self._spans_out is not None:
            self._watch(self._spans_out.pipe.readings)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)


def _lines_out(descriptor: int, path: Path | None) -> Deliver[bytes]:
    """Lines go to the descriptor, and to the file if there is one."""
    deliver = lines_to(descriptor)
    if path is None:
        return deliver
    keep = LogFile(path)
    return lambda lines: deliver(lines) and keep(lines)


def _provider(options: TelemetryOptions, environment: Environment) -> LeanProvider:
    named = {"service.name": options.service, "service.version": options.version}
    return LeanProvider(
        Resource.create({**named, **resource_attributes(environment)}),
        choose_sampler(environment),
        SpanLimits(
            max_attributes=whole_number(environment, 64, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"),
            max_links=whole_number(environment, 8, "OTEL_SPAN_LINK_COUNT_LIMIT"),
        ),
        disabled=is_true(environment, "OTEL_SDK_DISABLED"),
    )
