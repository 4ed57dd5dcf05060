"""One request and its answer, carried from one side to the other."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import h11

from wire.delivery import ClientGone, Delivery, Discarding, Ended
from wire.draft import Draft
from wire.headers import RawHeaders, incoming, outgoing
from wire.options import ProxyOptions
from wire.peer import Event, Gone, Peer
from wire.upstream import Upstream

D = TypeVar("D", bound=Delivery)


class Exchange:
    """Carries one request; `draft` collects what happens to it.

    `holding` is true while the client is made to wait for nothing.
    """

    def __init__(
        self,
        client: Peer,
        upstream: Upstream,
        request: h11.Request,
        draft: Draft,
        options: ProxyOptions,
        now_s: Callable[[], float],
    ) -> None:
        self.client, self.draft, self.options = client, draft, options
        self.holding = False
        self._upstream, self._request, self._now_s = upstream, request, now_s
        self._broken: Ended | None = None

    def delivery(self, kind: type[D]) -> D:
        """Make a delivery of this kind for this exchange."""
        return kind(self.client, self.draft, now_s=self._now_s, stall_s=self.options.stall_s)

    async def read_body_event(self) -> Event:
        """Return the next part of the request's body; raises ClientGone or Ended."""
        try:
            event = await self.client.next_event(self.options.stall_s)
        except Gone:
            raise ClientGone from None
        except h11.RemoteProtocolError:
            raise Ended("bad_request", status=400) from None
        except TimeoutError:
            raise Ended("client_stalled", status=408) from None
        if isinstance(event, h11.Data):
            self.draft.request_bytes += len(event.data)
        return event

    async def read_body(self) -> None:
        """Read the rest of the request and forget it; asks for it if the client waits."""
        if self.client.http.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            await self.delivery(Delivery).send(go_on)
        while not isinstance(await self.read_body_event(), h11.EndOfMessage):
            pass

    async def answer(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """Give the client an answer of our own."""
        delivery = self.delivery(Delivery)
        length = [] if status in (204, 304) else [(b"Content-Length", b"%d" % len(body))]
        await delivery.send(h11.Response(status_code=status, headers=headers + length))
        if body and self.draft.method != "HEAD":
            await delivery.send(h11.Data(data=body))
        await delivery.send(h11.EndOfMessage())

    async def hold(self) -> None:
        """Wait until the client gives up; raises ClientGone then, Ended after `hold_s`."""
        self.holding = True
        link = self.client.link
        try:
            async with asyncio.timeout(self.options.hold_s):
                while not link.gone:
                    await link.read(self.options.hold_s)  # so that its end is noticed
        except TimeoutError:
            raise Ended("held_too_long") from None
        raise ClientGone

    async def forward(self, delivery: Delivery) -> None:
        """Send the request upstream and its answer to `delivery`; raises ClientGone or Ended.

        A client that goes ends the upstream connection too, as if there were no proxy,
        unless the answer is to be discarded.
        """
        peer = await self._upstream.ready()
        forwarded_for = self.draft.client if self.options.forward_client else ""
        request = outgoing(self._request, self.options.upstream, forwarded_for)
        await peer.send(request, self.options.stall_s)
        sending = asyncio.create_task(self._send_body(peer))
        if not isinstance(delivery, Discarding):
            self._end_with_client(peer)
        try:
            await self._relay(peer, delivery)
        finally:
            self.client.link.on_gone = None
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    def _end_with_client(self, peer: Peer) -> None:
        self.client.link.on_gone = peer.link.close
        if self.client.link.gone:
            peer.link.close()

    async def _send_body(self, peer: Peer) -> None:
        try:
            event: Event | None = None
            while not isinstance(event, h11.EndOfMessage):
                event = await self.read_body_event()
                await peer.send(event, self.options.stall_s)
        except (ClientGone, TimeoutError, h11.LocalProtocolError):
            peer.link.close()
        except Ended as ended:
            self._broken = ended
            peer.link.close()

    async def _relay(self, peer: Peer, delivery: Delivery) -> None:
        event: Event | None = None
        while not isinstance(event, h11.EndOfMessage):
            event = await self._next_answer(peer)
            if isinstance(event, h11.Response):
                self.draft.upstream_status = event.status_code
                event = incoming(event)
            if self._may_be_sent(event):
                await delivery.send(event)

    def _may_be_sent(self, event: Event) -> bool:
        interim = isinstance(event, h11.InformationalResponse)
        return not interim or (self.client.http.their_http_version or b"1.0") >= b"1.1"

    async def _next_answer(self, peer: Peer) -> Event:
        try:
            return await peer.next_event(self.options.stall_s)
        except Gone as gone:
            raise self._why(gone) from None
        except h11.RemoteProtocolError:
            raise Ended("upstream_protocol", status=502) from None
        except TimeoutError:
            raise Ended("upstream_timeout", status=504) from None

    def _why(self, gone: Gone) -> Exception:
        if self._broken is not None:
            return self._broken
        if self.client.link.gone:
            return ClientGone()
        return Ended("upstream_reset" if gone.reset else "upstream_closed", reset=gone.reset)
