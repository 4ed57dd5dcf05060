"""How an answer reaches the client: whole, in drips, cut off, or not at all."""

from collections.abc import Callable

import h11

from wire.draft import Draft
from wire.headers import content_length
from wire.peer import Event, Peer


class ClientGone(Exception):
    """The client closed or reset the connection before the whole answer was delivered."""


class Ended(Exception):
    """The exchange ends here.

    error: the word for the ledger. status: the proxy's own answer, if nothing was sent yet.
    reset: end the connection with a RST instead of closing it.
    """

    def __init__(self, error: str = "", *, status: int = 0, reset: bool = False) -> None:
        super().__init__(error)
        self.error, self.status, self.reset = error, status, reset


class Delivery:
    """Sends an answer as it comes, and notes what of it was sent."""

    def __init__(
        self, client: Peer, draft: Draft, *, now_s: Callable[[], float], stall_s: float
    ) -> None:
        self.client, self.draft, self.stall_s = client, draft, stall_s
        self._now_s = now_s

    async def send(self, event: Event) -> None:
        """Send one event; raises ClientGone, or Ended when the client takes nothing."""
        data = self.client.http.send(event) or b""
        if not data:
            return
        self._check_client()
        if self.draft.first_byte_s is None:
            self.draft.first_byte_s = self._now_s()
        self._note(event)
        await self._write(data, event)
        if self.client.link.undelivered:
            raise ClientGone

    def _check_client(self) -> None:
        if self.client.link.gone:
            raise ClientGone

    def _note(self, event: Event) -> None:
        if isinstance(event, h11.Response):
            self.draft.status = event.status_code
        elif isinstance(event, h11.Data):
            self.draft.response_bytes += len(event.data)

    async def _write(self, data: bytes, _event: Event) -> None:
        try:
            await self.client.link.write(data, self.stall_s)
        except TimeoutError:
            raise Ended("client_stalled", reset=True) from None


class Dripping(Delivery):
    """Sends `chunk_bytes` bytes every `interval_s` seconds, the headers too if asked."""

    chunk_bytes = 1
    interval_s = 0.0
    headers_too = False

    async def _write(self, data: bytes, event: Event) -> None:
        if not self.headers_too and not isinstance(event, (h11.Data, h11.EndOfMessage)):
            await super()._write(data, event)
            return
        for start in range(0, len(data), self.chunk_bytes):
            await self._wait()
            await super()._write(data[start : start + self.chunk_bytes], event)

    async def _wait(self) -> None:
        try:
            await self.client.link.wait_gone(self.interval_s)
        except TimeoutError:
            return
        raise ClientGone


class Cutting(Delivery):
    """Sends at most `limit` bytes of the body (None: half of it) and never its last byte."""

    limit: int | None = None
    reset = False
    _total: int | None = None
    _left: int | None = None

    async def send(self, event: Event) -> None:
        """Send the event, or as much of it as is allowed; raises Ended at the cut."""
        if isinstance(event, h11.EndOfMessage):
            raise Ended(reset=self.reset)
        if isinstance(event, h11.Response):
            self._total = content_length(event)
        if isinstance(event, h11.Data):
            await self._send_part(bytes(event.data))
        else:
            await super().send(event)

    async def _send_part(self, data: bytes) -> None:
        left = self._allowance(len(data)) if self._left is None else self._left
        part, self._left = data[:left], left - len(data[:left])
        if part:
            await super().send(h11.Data(data=part))
        if len(part) < len(data):
            raise Ended(reset=self.reset)

    def _allowance(self, first: int) -> int:
        limit = (self._total or first) // 2 if self.limit is None else self.limit
        return limit if self._total is None else min(limit, self._total - 1)


class Discarding(Delivery):
    """Sends nothing but 100 Continue, without which a client may not send its body."""

    async def send(self, event: Event) -> None:
        """Send an interim answer, let the final one vanish."""
        if isinstance(event, h11.InformationalResponse):
            await super().send(event)
