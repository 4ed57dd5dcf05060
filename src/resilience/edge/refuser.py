"""How the edge refuses: one SERVER span, what happened inside it, one answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from resilience.bridge import Headers, send_whole
from resilience.context import generate_request_id
from resilience.declare import Event
from resilience.edge.answers import (
    CLOSE,
    Refusal,
    problem,
    raw_answer,
    refusal_headers,
)
from resilience.edge.exchange import Exchange
from resilience.edge.limits import Decision
from resilience.edge.ports import Ports
from resilience.server_events import RateLimitRejected, RequestServed
from resilience.vocabulary import LimitResult, Method, error_type_of

NOTHING: Headers = ()


class Refuser:
    """Answers in place of the application, and tells of it."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def refuse(
        self,
        exchange: Exchange,
        refusal: Refusal,
        *,
        events: Iterable[Event] = (),
        headers: Headers = NOTHING,
        hold_s: float = 0.0,
        close: bool = False,
    ) -> None:
        """Answer with the refusal after `hold_s`; `close` ends the connection with it."""
        ports = self._ports
        route = self.route(exchange)
        attributes = _attributes(exchange.method, route, refusal.status)
        name = f"{exchange.method} {route}"
        with ports.server_span(name, exchange.carrier(), exchange.trusted, attributes):
            if hold_s:
                await ports.sleep(hold_s)
            trace_id = ports.trace_id()
            for event in events:
                ports.emit(event)
            duration_s = ports.clock.monotonic() - exchange.arrived_s
            ports.emit(
                answered(exchange.method, route, refusal.status, exchange.decision, duration_s)
            )
        body = problem(refusal, exchange.request_id, trace_id)
        all_headers = [*refusal_headers(body, exchange.request_id, trace_id), *headers]
        if close:
            all_headers.append(CLOSE)
        await send_whole(exchange.scope, exchange.send, refusal.status, all_headers, body)

    def refuse_unparsed(self, refusal: Refusal, decision: Decision) -> bytes:
        """The answer, as it goes over the wire, to what never became a request."""
        ports, status = self._ports, refusal.status
        request_id = generate_request_id()
        attributes = _attributes(Method.OTHER, "other", status)
        with ports.server_span("_OTHER other", {}, False, attributes):
            trace_id = ports.trace_id()
            ports.emit(answered(Method.OTHER, "other", status, decision, 0.0))
        body = problem(refusal, request_id, trace_id)
        headers = [*refusal_headers(body, request_id, trace_id), *decision.headers]
        return raw_answer(status, headers, body)

    def route(self, exchange: Exchange) -> str:
        """The route template, or "other"."""
        if exchange.method is Method.OTHER:
            return "other"
        return self._ports.route_of(str(exchange.method), exchange.scope["path"])


def retry_after(seconds: int) -> tuple[bytes, bytes]:
    """The header that says when to come back."""
    return b"retry-after", b"%d" % seconds


def answered(
    method: Method, route: str, status: int, decision: Decision, duration_s: float
) -> Event:
    """What is told of a request that the edge answered: that it was served, or rejected."""
    result = decision.result
    fields: dict[str, Any] = {
        "http_request_method": method,
        "http_route": route,
        "http_response_status_code": str(status),
        "error_type": error_type_of(status),
        "policy": decision.policy,
        "result": result,
        "limit_checked": result is not LimitResult.NONE,
        "remaining": decision.remaining,
        "duration_s": duration_s,
    }
    if result is LimitResult.REJECTED:
        return RateLimitRejected(**fields, retry_after_s=decision.retry_after_s)
    return RequestServed(**fields)


def _attributes(method: Method, route: str, status: int) -> Mapping[str, str | int]:
    return {
        "http.request.method": str(method),
        "http.route": route,
        "http.response.status_code": status,
    }
