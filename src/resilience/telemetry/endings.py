"""How every span ends: after the time that really passed, and without what others wrote."""

from time import monotonic_ns, time_ns

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor
from opentelemetry.trace import Status

_MARK = "_began_monotonic_ns"


class Endings(SpanProcessor):
    """Corrects each span of a provider as it ends, whoever began it.

    Its end is its start and the monotonic time since, so that setting the wall clock makes no
    span negative or a day long. Its status has no description: the instrumentations put the
    texts of exceptions there, which may quote what a person typed.
    """

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Note when, on the monotonic clock, the span began; its start may lie in the past."""
        del parent_context
        lead_ns = max(0, time_ns() - (span.start_time or 0))
        span.__dict__[_MARK] = monotonic_ns() - lead_ns

    def _on_ending(self, span: Span) -> None:
        """The SDK's hook for a span that can still be changed."""
        passed_ns = max(0, monotonic_ns() - span.__dict__[_MARK])
        span._end_time = (span.start_time or 0) + passed_ns
        if span.status.description:
            span._status = Status(span.status.status_code)
