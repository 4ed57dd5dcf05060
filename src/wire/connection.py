"""A client's connection: its requests, one after the other, each with one line in the ledger."""

import asyncio

import h11

from wire.delivery import ClientGone, Ended
from wire.draft import Draft
from wire.exchange import Exchange
from wire.injection import carry_out
from wire.ledger import Ledger
from wire.link import Link
from wire.options import ProxyOptions
from wire.peer import Gone, Peer
from wire.script import Script
from wire.upstream import Upstream

REASONS = {
    "bad_request": "this is not a request that HTTP/1.1 allows",
    "client_stalled": "the request did not come to its end in time",
    "head_timeout": "the head of the request did not come in time",
    "upstream_protocol": "the upstream answered with something that is not HTTP",
    "upstream_refused": "the upstream refused the connection; is it running?",
    "upstream_timeout": "the upstream sent nothing for too long",
    "upstream_unreachable": "the upstream cannot be reached; is its address right?",
}
PLAIN_AND_LAST = [
    (b"Content-Type", b"text/plain; charset=utf-8"),
    (b"Connection", b"close"),
]
LINGER_S = 1.0
UNSENT = h11.Request(method=b"GET", target=b"/", headers=[(b"Host", b"unknown")])


class Connection:
    """Serves one client until either side closes, or until it is told to leave."""

    def __init__(
        self, number: int, link: Link, script: Script, ledger: Ledger, options: ProxyOptions
    ) -> None:
        self._number, self._address = number, link.peer
        self._client = Peer(link, h11.SERVER)
        self._upstream = Upstream(self._address, options)
        self._script, self._ledger, self._options = script, ledger, options
        self._exchange: Exchange | None = None
        self._last = self._ending = False

    @property
    def in_progress(self) -> bool:
        """Whether a request is under way."""
        return self._exchange is not None

    def leave(self) -> None:
        """End after the present request; at once when there is none."""
        self._last = True
        self._client.link.wake()

    @property
    def waiting_for_nothing(self) -> bool:
        """Whether the client waits for an answer that will never come, or we for a request."""
        return self._exchange is None or self._exchange.holding

    async def serve(self) -> None:
        """Serve requests; returns when the connection is over."""
        try:
            while await self._serve_one():
                pass
            self._upstream.close()
            if self._client.unread:
                await self._client.link.close_gently(LINGER_S)
        finally:
            self._upstream.close()
            self._client.link.close()

    async def _serve_one(self) -> bool:
        try:
            request = await self._next_request()
        except h11.RemoteProtocolError as error:
            await self._reject(Ended("bad_request", status=error.error_status_hint))
            return False
        except TimeoutError:
            await self._reject(Ended("head_timeout", status=408))
            return False
        if request is None:
            return False
        await self._carry(request)
        return self._client.next_cycle()

    async def _next_request(self) -> h11.Request | None:
        if self._last:
            self._say_end()
        try:
            event = self._client.buffered_event()
            if event is None:
                event = await self._await_request()
        except Gone:
            return None
        assert event is None or isinstance(event, h11.Request)
        return event

    async def _await_request(self) -> h11.Request | None:
        if not await self._request_begins():
            return None
        async with asyncio.timeout(self._options.head_s):
            return await self._client.next_event(self._options.head_s)  # type: ignore[return-value]  # h11 types it loosely

    async def _request_begins(self) -> bool:
        """Whether one begins, if only while it crosses our end.

        It was on the wire then, though nobody answers it: the race is HTTP's own (RFC 9112,
        section 9.5).
        """
        link, upstream = self._client.link, self._upstream.link
        if upstream is not None:
            upstream.on_gone = link.wake
        if not self._ending:
            if await link.begins(self._options.idle_s, self._is_over):
                return True
            self._say_end()
        return await link.begins(LINGER_S)

    def _is_over(self) -> bool:
        upstream = self._upstream.link
        return self._last or (upstream is not None and upstream.gone)

    def _say_end(self) -> None:
        self._ending = True
        self._client.link.say_end()
        self._upstream.close()

    async def _carry(self, request: h11.Request) -> None:
        draft = Draft.begin(self._ledger, self._number, self._address)
        seen = draft.describe(request, self._script.plan)
        if self._ending:
            draft.error = "crossed_end"
            draft.finish(self._ledger)
            return
        fault = self._script.next(seen)
        draft.fault = fault.name if fault is not None else ""
        exchange = self._begin(request, draft)
        try:
            if request.method == b"CONNECT":
                raise Ended("bad_request", status=501)
            await carry_out(fault, exchange)
        except asyncio.CancelledError:
            draft.error = "proxy_stopped"
            raise
        except (ClientGone, Ended) as end:
            await self._end(end, exchange)
        except Exception:
            draft.error = "internal"
            raise
        finally:
            self._exchange = None
            draft.finish(self._ledger)

    def _begin(self, request: h11.Request, draft: Draft) -> Exchange:
        self._exchange = Exchange(
            self._client, self._upstream, request, draft, self._options, self._ledger.now_s
        )
        return self._exchange

    async def _reject(self, end: Ended) -> None:
        draft = Draft.begin(self._ledger, self._number, self._address)
        exchange = self._begin(UNSENT, draft)
        try:
            await self._end(end, exchange)
        finally:
            self._exchange = None
            draft.finish(self._ledger)

    async def _end(self, end: ClientGone | Ended, exchange: Exchange) -> None:
        try:
            if isinstance(end, ClientGone):
                raise end
            exchange.draft.error = end.error
            await self._last_word(end, exchange)
        except ClientGone:
            exchange.draft.client_closed_early = True
            self._client.link.close()

    async def _last_word(self, end: Ended, exchange: Exchange) -> None:
        link = self._client.link
        if end.status and self._client.unanswered and not self._ending:
            text = f"wire: {REASONS[end.error]}\n".encode()
            await exchange.answer(end.status, PLAIN_AND_LAST, text)
        elif end.reset:
            link.reset()
        else:
            link.close()
