"""What the parts of a request's telemetry cost, each by itself."""

import os
from collections.abc import Callable
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import use_span
from prometheus_client import CollectorRegistry

from resilience.context import generate_request_id
from resilience.edge import Limits
from resilience.edge.answers import RATE_LIMITED, problem
from resilience.edge.limits import Decision
from resilience.edge.refuser import answered
from resilience.events import CATALOGUE, Event, Observe, RequestServed
from resilience.options import TelemetryOptions
from resilience.telemetry.counters import Counters
from resilience.telemetry.logs import Logs
from resilience.telemetry.otlp import encode
from resilience.telemetry.recorder import Recorder
from resilience.telemetry.setup import Telemetry
from resilience.telemetry.spans import Spans, ids_of
from resilience.vocabulary import ErrorType, LimitResult, Method

from .profiles import units
from .servers import RAISED
from .stubs import DOMAINS

_ATTRIBUTES = {f"http.attribute.{number}": "value" for number in range(8)}


class _Keep(SpanProcessor):
    """Keeps the spans, to be encoded again and again."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep one, up to the size of a batch."""
        if len(self.spans) < 512:
            self.spans.append(span)


def parts(directory: Path, count: int) -> None:
    """Print microseconds of one."""
    keep, lines = _Keep(), os.open(directory / "lines", os.O_CREAT | os.O_WRONLY)
    telemetry = Telemetry(
        TelemetryOptions(service="bench"),
        domains=DOMAINS,
        environment={},
        lines=lines,
        processor=keep,
    )
    tracer, stock = telemetry.tracer, TracerProvider().get_tracer("bench")
    for _ in range(512):
        tracer.start_span("GET /services", attributes=_ATTRIBUTES).end()
    spans, counters = Spans(tracer), Counters(CollectorRegistry(), CATALOGUE, DOMAINS)
    logs = Logs(lambda _: None, service="bench")
    recorder = Recorder(spans, counters, logs)
    span = tracer.start_span("current")
    ids, event, rejected = ids_of(span), _served(), _rejected()
    with use_span(span):
        units(
            {
                "the SDK's span with 8 attributes, start and end": lambda: stock.start_span(
                    "x", attributes=_ATTRIBUTES
                ).end(),
                "our span with 8 attributes, start and end": lambda: tracer.start_span(
                    "x", attributes=_ATTRIBUTES
                ).end(),
                "our span without attributes": lambda: tracer.start_span("x").end(),
                "observe(...) round nothing": lambda: _round(spans.observe),
                "ids_of(span)": lambda: ids_of(span),
                "RequestServed(...) made": _served,
                "RequestServed: Spans.open (attributes of the current span)": lambda: spans.open(
                    event
                ),
                "RequestServed: Counters.record (histogram, exemplar)": lambda: counters.record(
                    event, ids
                ),
                "RequestServed: Logs.record": lambda: logs.record(event, ids),
                "RequestServed: all three": lambda: recorder(event),
                "RateLimitRejected(...) made": _rejected,
                "RateLimitRejected: all three": lambda: recorder(rejected),
            },
            count,
        )
    units({"encode(...) of a batch of 512 spans": lambda: encode(keep.spans)}, count // 512 + 1)
    units(_edge_parts(telemetry), count)


def _edge_parts(telemetry: Telemetry) -> dict[str, Callable[[], object]]:
    clock = iter(range(10**9))
    limits = Limits(RAISED, now=lambda: next(clock) / 1e4, epoch=lambda: 0.0)
    spent = Limits("1/hour;1/day", now=lambda: 0.0, epoch=lambda: 0.0)
    spent.check("client")
    put = telemetry._lines_out.put
    line = b"x" * 400 + b"\n"
    return {
        "Limits.check, admitted": lambda: limits.check("client"),
        "Limits.check, refused": lambda: spent.check("client"),
        "generate_request_id()": generate_request_id,
        "problem(...) of a 429": lambda: problem(RATE_LIMITED, "req-0123456789ab", ""),
        "a line through its pipe into a file": lambda: put(line),
    }


def _round(observe: Observe) -> None:
    with observe("x"):
        return


def _served() -> RequestServed:
    return RequestServed(
        http_request_method=Method.GET,
        http_route="/services",
        http_response_status_code="200",
        error_type=ErrorType.NONE,
        policy="",
        result=LimitResult.ACQUIRED,
        limit_checked=False,
        remaining=9,
        duration_s=0.001,
    )


def _rejected() -> Event:
    decision = Decision(LimitResult.REJECTED, "", 0, 1)
    return answered(Method.GET, "/services", 429, decision, 0.001)
