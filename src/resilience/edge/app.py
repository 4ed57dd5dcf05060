"""The edge: what every request passes on its way to the application, and what never gets there."""

from collections import Counter
from collections.abc import Iterable
from math import ceil
from typing import TYPE_CHECKING

from resilience.arrival import ARRIVAL, UNTRUSTED_CONTEXT
from resilience.bridge import Bridge, Call, Outcome, Receive, Scope, Send, send_whole
from resilience.context import request_id
from resilience.edge.answers import (
    DRAINING,
    FAILED,
    OVERLOADED,
    RATE_LIMITED,
    TOO_LATE,
    UNPARSED,
    Refusal,
    problem,
    refusal_headers,
)
from resilience.edge.exchange import Exchange
from resilience.edge.framing import ClientLeft, discard_body, objection, read_body
from resilience.edge.headers import STRANGER_HIDDEN, TRUSTED_HIDDEN, timeout_s
from resilience.edge.identity import Identity, networks
from resilience.edge.lifespan import lifespan
from resilience.edge.limits import Limits
from resilience.edge.offenders import Offenders
from resilience.edge.ports import Ports
from resilience.edge.probes import Probes
from resilience.edge.readings import readings
from resilience.edge.refuser import Refuser, retry_after
from resilience.gauges import Reading
from resilience.options import EdgeOptions
from resilience.server_events import RequestShed
from resilience.vocabulary import Method, ShedReason

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_SHED_S = 1


class Edge:
    """An ASGI application round a WSGI one.

    It gives every request an id, counts it for a client, limits, refuses and sheds, and hands
    the rest over with an `Arrival` in the environ. Only for one process: the counts are its own.
    A ValueError says which option cannot be.
    """

    def __init__(
        self, app: "WSGIApplication", options: EdgeOptions | None = None, ports: Ports | None = None
    ) -> None:
        self.options = options = options or EdgeOptions()
        self._ports = ports = ports or Ports()
        clock = ports.clock
        self.limits = Limits(
            options.limits, now=clock.monotonic, epoch=lambda: clock.utc_now().timestamp()
        )
        self.bridge = Bridge(
            app,
            threads=options.threads,
            queue=options.queue,
            now=clock.monotonic,
            failed=ports.failed,
        )
        proxies = networks("trusted_proxies", options.trusted_proxies)
        self._identity = Identity(proxies, options.trusted_key)
        self._draining = False
        scrapers = networks("probe_networks", options.probe_networks)
        self._probes = Probes(ports, scrapers, lambda: self._draining)
        self._offenders = Offenders(options.hold_s, options.max_held)
        self._refuser = Refuser(ports)
        self.active: Counter[Method] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            now = self._ports.clock.monotonic()
            await self._answer(Exchange(scope, receive, send, now))
        elif scope["type"] == "lifespan":
            await lifespan(receive, send, self.close)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def drain(self) -> None:
        """From now on be not ready, and shed whatever still comes."""
        self._draining = True

    def close(self, timeout_s: float = 1.0) -> None:
        """End the worker threads, waiting `timeout_s` for each at most."""
        self.bridge.stop(timeout_s)

    def refuse_unparsed(self, status: int, peer: str) -> bytes:
        """The whole answer to what a server could not read as a request; it counts as one."""
        decision = self.limits.check(self._identity.client(peer))
        refusal = RATE_LIMITED if decision.rejected else UNPARSED[status]
        return self._refuser.refuse_unparsed(refusal, decision)

    def readings(self) -> Iterable[Reading]:
        """Requests under way, the queue, the workers, and the state of the limiter."""
        return readings(self)

    async def _answer(self, exchange: Exchange) -> None:
        if self._probes.owns(exchange):
            await self._probes.answer(exchange)
            return
        request_id.set(exchange.request_id)
        self._identify(exchange)
        self.active[exchange.method] += 1
        try:
            await self._admit(exchange)
        except ClientLeft:
            return
        finally:
            self.active[exchange.method] -= 1

    def _identify(self, exchange: Exchange) -> None:
        found = exchange.found
        peer = (exchange.scope.get("client") or ("",))[0]
        exchange.trusted = self._identity.shows_key(found.get(b"x-trusted-key"))
        forwarded = found.get(b"x-forwarded-for")
        exchange.client = self._identity.client(peer, forwarded, exchange.trusted)

    async def _admit(self, exchange: Exchange) -> None:
        if self._draining:
            retry_after_s = ceil(self.options.drain_s)
            await self._shed(exchange, DRAINING, ShedReason.DRAINING, retry_after_s)
            return
        exchange.decision = self.limits.check(exchange.client)
        if exchange.decision.rejected:
            await self._reject(exchange)
            return
        self._offenders.forgive(exchange.client)
        if refusal := objection(exchange, self.options):
            await self._refuser.refuse(exchange, refusal, headers=exchange.limited, close=True)
            return
        body = await read_body(exchange, self.options) if exchange.has_body else b""
        if isinstance(body, Refusal):
            await self._refuser.refuse(exchange, body, headers=exchange.limited, close=True)
        elif self.bridge.full:
            await self._shed(exchange, OVERLOADED, ShedReason.QUEUE, _SHED_S)
        else:
            await self._pass(exchange, body)

    async def _pass(self, exchange: Exchange, body: bytes) -> None:
        outcome = await self.bridge.serve(
            self._call(exchange, body), exchange.receive, exchange.send, exchange.answer_headers()
        )
        if outcome is Outcome.EXPIRED:
            await self._shed(exchange, TOO_LATE, ShedReason.DEADLINE, _SHED_S)
        elif outcome is Outcome.FAILED:
            await self._excuse(exchange)

    def _call(self, exchange: Exchange, body: bytes) -> Call:
        extra: dict[str, object] = {ARRIVAL: exchange.arrival()}
        if not exchange.trusted and (carrier := exchange.carrier()):
            extra[UNTRUSTED_CONTEXT] = carrier
        wait_s = timeout_s(exchange.found)
        return Call(
            exchange.scope,
            body=body,
            hidden=TRUSTED_HIDDEN if exchange.trusted else STRANGER_HIDDEN,
            extra=extra,
            deadline_s=None if wait_s is None else exchange.arrived_s + wait_s,
        )

    async def _excuse(self, exchange: Exchange) -> None:
        """Answer for an application that raised; its own SERVER span has told of it."""
        trace_id = self._ports.trace_id()
        body = problem(FAILED, exchange.request_id, trace_id)
        headers = refusal_headers(body, exchange.request_id, trace_id)
        await send_whole(
            exchange.scope, exchange.send, FAILED.status, [*headers, *exchange.limited], body
        )

    async def _reject(self, exchange: Exchange) -> None:
        close = exchange.has_body and not await discard_body(exchange, self.options)
        hold_s = self._offenders.hold(exchange.client)
        try:
            await self._refuser.refuse(
                exchange,
                RATE_LIMITED,
                headers=exchange.limited,
                hold_s=hold_s,
                close=close,
            )
        finally:
            self._offenders.release(hold_s)

    async def _shed(
        self, exchange: Exchange, refusal: Refusal, reason: ShedReason, retry_after_s: int
    ) -> None:
        await self._refuser.refuse(
            exchange,
            refusal,
            events=(RequestShed(reason=reason, retry_after_s=retry_after_s),),
            headers=(*exchange.limited, retry_after(retry_after_s)),
            close=reason is ShedReason.DRAINING,
        )
