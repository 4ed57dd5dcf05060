"""Tells of each request that a Flask application answered."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask import g, request

from resilience.arrival import ARRIVAL, Arrival
from resilience.clock import Clock
from resilience.declare import Emit
from resilience.server_events import RequestResent, RequestServed
from resilience.vocabulary import Resend, error_type_of, known_method

if TYPE_CHECKING:
    from flask import Flask, Request, Response

_STARTED = "resilience.started_s"


def record_served(
    app: "Flask", *, emit: Emit, clock: Clock, trace_id: Callable[[], str] = str
) -> None:
    """Make the application emit `RequestServed` once for each request, inside its SERVER span.

    The duration counts from the request's arrival at the edge, where there is one, else from
    here. Answers carry `X-Trace-Id` when `trace_id()` is not empty. A request that ends in an
    exception which nothing handles is told as a 500. Register it after the tracing and before
    other hooks: Flask runs the first registered `after_request` last.
    """
    hook = _Hook(emit, clock, trace_id)
    app.before_request(hook.started)
    app.after_request(hook.answered)
    app.teardown_request(hook.ended)


class _Hook:
    def __init__(self, emit: Emit, clock: Clock, trace_id: Callable[[], str]) -> None:
        self._emit = emit
        self._clock = clock
        self._trace_id = trace_id

    def started(self) -> None:
        environ = request.environ
        if ARRIVAL not in environ:
            environ[_STARTED] = self._clock.monotonic()

    def answered(self, response: "Response") -> "Response":
        if trace_id := self._trace_id():
            response.headers["X-Trace-Id"] = trace_id
        self._tell(response.status_code)
        return response

    def ended(self, error: BaseException | None) -> None:
        if error is not None and "resilience_told" not in g:
            self._tell(500)

    def _tell(self, status: int) -> None:
        g.resilience_told = True
        served: Request = request._get_current_object()  # type: ignore[attr-defined]  # of the proxy
        arrival = self._arrival(served.environ)
        route = served.url_rule.rule if served.url_rule else "other"
        if arrival.resend is not Resend.FIRST:
            self._emit(RequestResent(http_route=route, resend=arrival.resend))
        for event in arrival.near:
            self._emit(event)
        self._emit(self._served(served.method, route, status, arrival))

    def _arrival(self, environ: Mapping[str, Any]) -> Arrival:
        found: Arrival | None = environ.get(ARRIVAL)
        return found or Arrival(environ.get(_STARTED, self._clock.monotonic()), "", "")

    def _served(self, method: str, route: str, status: int, arrival: Arrival) -> RequestServed:
        return RequestServed(
            http_request_method=known_method(method),
            http_route=route,
            http_response_status_code=str(status),
            error_type=error_type_of(status),
            policy=arrival.policy,
            result=arrival.result,
            limit_checked=arrival.limit_checked,
            remaining=arrival.remaining,
            duration_s=self._clock.monotonic() - arrival.arrived_s,
        )
