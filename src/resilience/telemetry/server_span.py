"""The SERVER span of a request that came through the edge, without the official detours.

The official instrumentation of Flask sets each attribute twice, builds the whole URL and looks
into the environment for headers to be told. A test holds this span against the official one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from flask.globals import request_ctx
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.instrumentation.flask import _ENVIRON_SPAN_KEY, _ENVIRON_STARTTIME_KEY
from opentelemetry.trace import SpanKind, Tracer

from resilience.arrival import ARRIVAL, UNTRUSTED_CONTEXT
from resilience.telemetry.recorded_span import Current
from resilience.telemetry.spans import beginning
from resilience.vocabulary import Method, known_method

Environ = dict[str, Any]
Begin = Callable[[], None]
End = Callable[[BaseException | None], None]

_ACTIVE = "resilience.server_span"


def with_server_spans(app: Flask, tracer: Tracer) -> None:
    """Let an app that is instrumented make the spans of what the edge hands over by itself.

    Any other request still gets the official span. Uninstrumenting takes back both.
    """
    begin, end = app._before_request, app._teardown_request  # type: ignore[attr-defined]  # the official hooks
    spans = _ServerSpans(tracer, begin, end)
    _replace(app.before_request_funcs[None], begin, spans.begin)
    _replace(app.teardown_request_funcs[None], end, spans.end)
    app._before_request, app._teardown_request = spans.begin, spans.end  # type: ignore[attr-defined]  # as above


class _ServerSpans:
    def __init__(self, tracer: Tracer, official_begin: Begin, official_end: End) -> None:
        self._tracer = tracer
        self._official_begin, self._official_end = official_begin, official_end

    def begin(self) -> None:
        in_hand = request_ctx._get_current_object()  # type: ignore[attr-defined]  # of the proxy
        environ: Environ = in_hand.request.environ
        if ARRIVAL not in environ:
            self._official_begin()
            return
        rule = in_hand.request.url_rule
        span = self._start(environ, None if rule is None else rule.rule)
        active = Current(span)
        active.__enter__()
        environ[_ENVIRON_SPAN_KEY], environ[_ACTIVE] = span, (in_hand, active)

    def end(self, error: BaseException | None) -> None:
        in_hand = request_ctx._get_current_object()  # type: ignore[attr-defined]  # of the proxy
        environ: Environ = in_hand.request.environ
        if ARRIVAL not in environ:
            self._official_end(error)
            return
        began, active = environ.get(_ACTIVE, (None, None))
        if began is in_hand:  # and not a copy of the request's context, which ends before it
            del environ[_ACTIVE]
            active.__exit__(None if error is None else type(error), error, None)

    def _start(self, environ: Environ, rule: str | None) -> trace.Span:
        stranger: Mapping[str, str] | None = environ.get(UNTRUSTED_CONTEXT)
        parent, links = beginning(
            _carrier(environ) if stranger is None else stranger,
            trusted=stranger is None,
            within=otel_context.get_current(),
        )
        return self._tracer.start_span(
            server_span_name(environ["REQUEST_METHOD"], rule),
            parent,
            SpanKind.SERVER,
            _attributes(environ, rule),
            links,
            environ[_ENVIRON_STARTTIME_KEY],
        )


def server_span_name(method: str, rule: str | None) -> str:
    """The name, of a closed set; `rule` is None when nothing is served under the path."""
    known = known_method(method)
    if rule is None:
        return f"{known} other"
    return f"{'HTTP' if known is Method.OTHER else method} {rule}"


def _carrier(environ: Environ) -> dict[str, str]:
    """The trace context of a trusted caller: the edge tells no other."""
    return {key: environ[name] for key, name in _CARRIED if name in environ}


_CARRIED = (("traceparent", "HTTP_TRACEPARENT"), ("tracestate", "HTTP_TRACESTATE"))


def _attributes(environ: Environ, rule: str | None) -> dict[str, str | int]:
    method = known_method(environ["REQUEST_METHOD"])
    told: dict[str, str | int] = {
        "http.request.method": str(method),
        "url.scheme": environ["wsgi.url_scheme"],
        "server.port": int(environ["SERVER_PORT"]),
        "network.protocol.version": environ["SERVER_PROTOCOL"].removeprefix("HTTP/"),
    }
    if host := environ.get("HTTP_HOST"):
        told["server.address"] = host
    if peer := environ.get("REMOTE_ADDR"):
        told["client.address"] = peer
    if peer_port := environ.get("REMOTE_PORT"):
        told["client.port"] = int(peer_port)
    if rule is not None:
        told["http.route"] = rule
    if method is Method.OTHER:
        told["http.request.method_original"] = environ["REQUEST_METHOD"]
    return told


def _replace(hooks: list[Any], old: object, new: object) -> None:
    hooks[hooks.index(old)] = new
