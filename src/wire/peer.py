"""One side of the proxy as HTTP: a link and the h11 state of what runs over it."""

import h11

from wire.link import Link

Event = h11.Request | h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage
HEAD_BYTES = 64 * 1024


class Gone(Exception):
    """The other end closed (or `reset`) the connection in the middle of a message."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__("reset" if reset else "closed")
        self.reset = reset


class Peer:
    """HTTP/1.1 over one link; `http` is h11's connection, our role is `role`."""

    def __init__(self, link: Link, role: type[h11.SERVER] | type[h11.CLIENT]) -> None:
        self.link = link
        self.http = h11.Connection(role, max_incomplete_event_size=HEAD_BYTES)
        self._ended = False

    async def next_event(self, limit_s: float) -> Event:
        """Return the next event of the current message.

        Raises Gone when the connection ends first, h11.RemoteProtocolError when what came
        is not HTTP, TimeoutError when nothing came for `limit_s` seconds.
        """
        while (event := self.buffered_event()) is None:
            await self._feed(limit_s)
        return event

    def buffered_event(self) -> Event | None:
        """Return the next event if all of it has been fed, else None."""
        try:
            event = self.http.next_event()
        except h11.RemoteProtocolError as error:
            if self._ended:
                raise Gone(reset=self.link.was_reset) from error
            raise
        if isinstance(event, h11.ConnectionClosed):
            raise Gone(reset=self.link.was_reset)
        return None if event in (h11.NEED_DATA, h11.PAUSED) else event  # type: ignore[return-value]  # h11 types it loosely

    async def _feed(self, limit_s: float) -> None:
        data = await self.link.read(limit_s)
        self._ended = not data
        if self._ended and self.link.was_reset:
            raise Gone(reset=True)
        self.http.receive_data(data)

    async def send(self, event: Event, limit_s: float) -> None:
        """Send `event`, and wait until the kernel has it; raises TimeoutError."""
        await self.link.write(self.http.send(event) or b"", limit_s)

    @property
    def unanswered(self) -> bool:
        """Whether we, the server, have not begun to answer."""
        return self.http.our_state in (h11.IDLE, h11.SEND_RESPONSE)

    @property
    def unread(self) -> bool:
        """Whether the other end may have sent something that we have not read."""
        within = self.http.their_state in (h11.SEND_BODY, h11.ERROR)
        return within or self.link.has_data or bool(self.http.trailing_data[0])

    def next_cycle(self) -> bool:
        """Get ready for another exchange on this connection; False when there cannot be one."""
        over = self.http.our_state is h11.DONE and self.http.their_state is h11.DONE
        if over:
            self.http.start_next_cycle()
        return over
