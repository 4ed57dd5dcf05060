"""Bugs in spans, and in what ties the signals together."""

from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry import trace
from tests.honesty.bugs.registry import bug, wrap

from resilience.declare import Event
from resilience.declare import Span as Place
from resilience.telemetry import logs
from resilience.telemetry.recorded_span import Ids
from resilience.telemetry.spans import Spans

KIND = "wrong span"
Open = Callable[[Spans, Event], tuple[trace.Span, bool]]


@bug(KIND, "the span of a retry is lost")
def no_span_of_a_retry() -> None:
    """It is begun and never ended."""

    def lose(original: Open, spans: Spans, event: Event) -> tuple[trace.Span, bool]:
        span, own = original(spans, event)
        return span, own and event.name != "retry.started"

    wrap(Spans, "open", lose)


@bug(KIND, "the span of a timeout stands in a trace of its own")
def a_timeout_elsewhere() -> None:
    """Nobody who follows the booking sees it."""

    def detach(original: Open, spans: Spans, event: Event) -> tuple[trace.Span, bool]:
        if event.name != "timeout.elapsed":
            return original(spans, event)
        nowhere = trace.set_span_in_context(trace.INVALID_SPAN)
        return spans._tracer.start_span(event.span_name, context=nowhere), True

    wrap(Spans, "open", detach)


@bug(KIND, "an event with a span of its own completes the current one")
def own_spans_never() -> None:
    """As if it had been declared otherwise."""

    def current(original: Open, spans: Spans, event: Event) -> tuple[trace.Span, bool]:
        if event.span is Place.OWN and event.name.startswith("circuit_breaker"):
            return trace.get_current_span(), False
        return original(spans, event)

    wrap(Spans, "open", current)


@bug(KIND, "what completes a span is not written to it")
def attributes_forgotten() -> None:
    """The span of an operation has no outcome."""

    def forget(original: Open, spans: Spans, event: Event) -> tuple[trace.Span, bool]:
        if event.name == "operation.finished":
            return trace.get_current_span(), False
        return original(spans, event)

    wrap(Spans, "open", forget)


def _tied(change: Callable[[dict[str, Any]], object]) -> None:
    def other(
        original: Callable[..., dict[str, Any]], head: Mapping[str, Any], ids: Ids
    ) -> dict[str, Any]:
        line = original(head, ids)
        change(line)
        return line

    wrap(logs, "tied", other)


@bug(KIND, "log lines name no trace")
def lines_without_a_trace() -> None:
    """They cannot be found from a trace."""
    _tied(lambda line: line.pop("trace_id", None))


@bug(KIND, "log lines name a span that is not there")
def lines_of_another_span() -> None:
    """One digit is wrong."""
    _tied(lambda line: line.update(span_id=line["span_id"][::-1]) if "span_id" in line else None)


@bug(KIND, "log lines name another request")
def lines_of_another_request() -> None:
    """Of an operation that is long over."""
    _tied(lambda line: line.update(request_id="req-000000000000") if "request_id" in line else None)


@bug("privacy", "a log line tells who booked")
def a_name_in_a_line() -> None:
    """For debugging, of course."""
    _tied(lambda line: line.update(client="Ada Example"))


@bug("privacy", "a span tells the e-mail address, encoded")
def an_address_in_a_span() -> None:
    """Base64 hides nothing."""

    def tell(original: Open, spans: Spans, event: Event) -> tuple[trace.Span, bool]:
        span, own = original(spans, event)
        span.set_attribute("debug.body", "eHhhZGFAZXhhbXBsZS5jb20=")
        return span, own

    wrap(Spans, "open", tell)
