"""The official instrumentations of Flask and requests, with what they leave to hooks."""

import os
from collections.abc import Callable, Iterable
from time import time_ns
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask import request as flask_request
from opentelemetry.instrumentation.flask import (
    _ENVIRON_SPAN_KEY,
    _ENVIRON_STARTTIME_KEY,
    FlaskInstrumentor,
)
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.trace import Span
from requests import Session

from resilience.telemetry.attempt_span import with_attempt_spans
from resilience.telemetry.server_span import server_span_name, with_server_spans
from resilience.telemetry.setup import Telemetry
from resilience.telemetry.spans import fail

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_HIDDEN = ("HTTP_USER_AGENT", "RAW_URI", "REQUEST_URI")
"""What may hold personal data or capabilities, and so must not become an attribute."""


def instrument_flask(app: Flask, telemetry: Telemetry) -> None:
    """Give each request that reaches the app one SERVER span, named with its route.

    The path, the query and the user agent stay out of it: `http.route` says which resource.
    """
    _stable_conventions()
    FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]  # untyped there
        app,
        request_hook=_on_server_request,
        tracer_provider=telemetry.provider,
        meter_provider=NoOpMeterProvider(),
        enable_commenter=False,
        excluded_urls="",
    )
    original: Wsgi = app._original_wsgi_app  # type: ignore[attr-defined]  # what was instrumented
    app.wsgi_app = _between_hooks(original)  # type: ignore[method-assign,assignment]  # as Flask documents
    with_server_spans(app, telemetry.provider.get_tracer("resilience.edge"))


def instrument_requests(telemetry: Telemetry) -> None:
    """Give each attempt of every `requests` session one CLIENT span, named with its template."""
    _stable_conventions()
    release_requests()
    plain = Session.send
    RequestsInstrumentor().instrument(
        request_hook=_on_client_request,
        tracer_provider=telemetry.provider,
        meter_provider=NoOpMeterProvider(),
    )
    tracer = telemetry.provider.get_tracer("resilience.http_client")
    Session.send = with_attempt_spans(Session.send, plain, tracer)  # type: ignore[method-assign]  # what instrumenting is


def release_requests() -> None:
    """Take back what `instrument_requests` did, if it was done."""
    instrumentor = RequestsInstrumentor()
    if instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.uninstrument()


def _stable_conventions() -> None:
    """The stable names of HTTP attributes, read once by the first instrumentation.

    The old names, alone or beside them, would bring the path and the user agent back.
    """
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http,database"


def _between_hooks(wsgi_app: Wsgi) -> Wsgi:
    """What the instrumentation's own WSGI part does for the span that its hooks make.

    That part also collects the request's attributes once more, for meters that are off here, and
    looks for headers to be told. A test holds the spans against those of the official one.
    """

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def started(status: str, headers: Any, *failure: Any) -> Any:
            span = environ.get(_ENVIRON_SPAN_KEY)
            if span is not None:
                _tell_status(span, status.partition(" ")[0])
            return start_response(status, headers, *failure)

        for name in _HIDDEN:
            environ.pop(name, None)
        environ[_ENVIRON_STARTTIME_KEY] = time_ns()
        return wsgi_app(environ, started)

    return app


def _tell_status(span: Span, status: str) -> None:
    span.set_attribute("http.response.status_code", int(status))
    if not 100 <= int(status) < 500:
        fail(span, status)


def _on_server_request(span: Span, environ: dict[str, Any]) -> None:
    if not span.is_recording():
        return
    if flask_request.url_rule is None:
        span.update_name(server_span_name(environ["REQUEST_METHOD"], None))


def _on_client_request(span: Span, request: Any) -> None:
    """A request that brings a `url_template` is named with it; any other keeps its path.

    A query may hold personal data, and a URL a password: neither becomes an attribute.
    """
    if not span.is_recording():
        return
    parts = urlsplit(request.url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    template = getattr(request, "url_template", "")
    if template:
        span.update_name(f"{request.method} {template}")
        span.set_attribute("url.template", template)
    span.set_attribute("url.full", origin + (template or parts.path))
