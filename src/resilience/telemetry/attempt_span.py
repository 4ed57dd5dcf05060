"""The CLIENT span of an attempt, without the detours of the official instrumentation.

An attempt knows already what its span says, so that no URL has to be parsed and no header to be
read. A test holds the span against the official one.
"""

from collections.abc import Callable
from contextvars import Context
from functools import wraps
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.instrumentation.utils import (
    suppress_http_instrumentation,
    suppress_instrumentation,
)
from opentelemetry.trace import SpanKind, Tracer
from requests import PreparedRequest, Response, Session

from resilience.telemetry.recorded_span import under
from resilience.telemetry.spans import carry, fail

Send = Callable[..., Response]

_VERSIONS = {10: "1.0", 11: "1.1"}


def _suppressing_keys() -> frozenset[str]:
    with suppress_instrumentation(), suppress_http_instrumentation():
        return frozenset(otel_context.get_current())


_SUPPRESSING = Context().run(_suppressing_keys)
"""What a context holds that suppresses; OpenTelemetry's own check looks for one after the other."""


def with_attempt_spans(official: Send, plain: Send, tracer: Tracer) -> Send:
    """A `Session.send` that makes the spans of attempts itself.

    An attempt is a request that brings `span_name` and `span_attributes`. It goes straight to its
    adapter: no hook, cookie or redirect is to be looked for. Any other goes to `official`, which
    is `plain` with the official instrumentation, and so does an attempt for which instrumentation
    is suppressed.
    """

    @wraps(official)
    def send(session: Session, request: PreparedRequest, **options: Any) -> Response:
        attributes = getattr(request, "span_attributes", None)
        current = otel_context.get_current()
        if attributes is None or not _SUPPRESSING.isdisjoint(current):
            return official(session, request, **options)
        name: str = request.span_name  # type: ignore[attr-defined]  # beside its attributes
        span = tracer.start_span(name, current, SpanKind.CLIENT, attributes)
        token = otel_context.attach(under(span, current))
        try:
            carry(span, request.headers)
            response = session.get_adapter(request.url or "").send(request, **options)
            _tell_answer(span, response)
        except Exception as error:
            _tell_answer(span, getattr(error, "response", None))
            fail(span, type(error).__qualname__)
            raise
        finally:
            otel_context.detach(token)
            span.end()
        return response

    send.__wrapped__ = plain  # what `uninstrument` restores
    return send


def _tell_answer(span: trace.Span, response: object) -> None:
    if not isinstance(response, Response):
        return
    status = response.status_code
    told: dict[str, int | str] = {"http.response.status_code": status}
    if version := _VERSIONS.get(getattr(response.raw, "version", None) or 0):
        told["network.protocol.version"] = version
    span.set_attributes(told)
    if status >= 400:
        fail(span, str(status))
