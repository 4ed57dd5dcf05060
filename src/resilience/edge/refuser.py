"""How the edge refuses: one SERVER span, what happened inside it, one answer."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from resilience.bridge import Headers, send_whole
from resilience.bridge.call import WHOLE
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
        route = self.route(exchange)
        with self._span(exchange, route, refusal.status):
            if hold_s:
                await self._ports.sleep(hold_s)
            trace_id = self._tell(exchange, route, refusal.status, events)
        body = problem(refusal, exchange.request_id, trace_id)
        all_headers = [*refusal_headers(body, exchange.request_id, trace_id), *headers]
        if close:
            all_headers.append(CLOSE)
        await send_whole(exchange.scope, exchange.send, refusal.status, all_headers, body)

    def refuse_at_once(self, exchange: Exchange, refusal: Refusal) -> None:
        """The same without a wait, for a server that takes a whole answer."""
        route = self.route(exchange)
        with self._span(exchange, route, refusal.status):
            trace_id = self._tell(exchange, route, refusal.status)
        body = problem(refusal, exchange.request_id, trace_id)
        headers = [*refusal_headers(body, exchange.request_id, trace_id), *exchange.limited]
        exchange.scope[WHOLE](refusal.status, headers, body)

    def refuse_unparsed(self, refusal: Refusal, decision: Decision) -> bytes:
        """The answer, as it goes over the wire, to what never became a request."""
        ports, status = self._ports, refusal.status
        request_id = generate_request_id()
        name, attributes = _named(Method.OTHER, "other", status)
        with ports.server_span(name, {}, False, attributes):
            trace_id = ports.trace_id()
            ports.emit(answered(Method.OTHER, "other", status, decision, 0.0))
        body = problem(refusal, request_id, trace_id)
        headers = [*refusal_headers(body, request_id, trace_id), *decision.headers]
        return raw_answer(status, headers, body)

    def _span(self, exchange: Exchange, route: str, status: int) -> AbstractContextManager[object]:
        name, attributes = _named(exchange.method, route, status)
        return self._ports.server_span(name, exchange.carrier(), exchange.trusted, attributes)

    def _tell(
        self, exchange: Exchange, route: str, status: int, events: Iterable[Event] = ()
    ) -> str:
        """Tell what happened, within the span, whose trace id this gives."""
        ports = self._ports
        for event in events:
            ports.emit(event)
        duration_s = ports.clock.monotonic() - exchange.arrived_s
        ports.emit(answered(exchange.method, route, status, exchange.decision, duration_s))
        return ports.trace_id()

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
        fields["retry_after_s"] = decision.retry_after_s
        return RateLimitRejected(**fields)
    return RequestServed(**fields)


@lru_cache(maxsize=256)
def _named(method: Method, route: str, status: int) -> tuple[str, Mapping[str, str | int]]:
    """The name of a SERVER span, and its attributes."""
    return f"{method} {route}", {
        "http.request.method": str(method),
        "http.route": route,
        "http.response.status_code": status,
    }
