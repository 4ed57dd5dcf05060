"""uvicorn's HTTP protocol with the limits that it lacks."""

import asyncio
from functools import partial
from typing import Any, cast

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from resilience.bridge import Headers, Scope
from resilience.bridge.call import WHOLE
from resilience.edge.answers import CLOSE
from resilience.edge.framing import MALFORMED

GRACE_S = 0.1
"""How long a connection that is idle when the server drains may still bring a request."""


class LimitedProtocol(HttpToolsProtocol):
    """Ends connections whose headers are too large or too slow, and clients that never read.

    `edge`, `max_header_bytes`, `header_timeout_s` and `write_timeout_s` are set by `limited`.
    """

    edge: Any
    max_header_bytes: int
    header_timeout_s: float
    write_timeout_s: float
    _broken = False
    _reading_headers = False
    _header_bytes = 0
    _header_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Give a new connection its time for the first headers."""
        super().connection_made(transport)
        self._start_header_timer()

    def data_received(self, data: bytes) -> None:
        """Read on, unless the headers under way grow too large."""
        if self._broken or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except HttpParserError:
            self._refuse(400)
        except HttpParserUpgrade:
            # What follows is of a protocol that is not spoken here: answer, and end.
            self.cycle.keep_alive = False
        if self._reading_headers:
            self._header_bytes += len(data)
            if self._header_bytes > self.max_header_bytes:
                self._refuse(431)
            elif self._header_timer is None:
                self._start_header_timer()

    def on_message_begin(self) -> None:
        """Headers follow."""
        self._reading_headers = True
        self._header_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The headers are over, and their time limit with them."""
        self._reading_headers = False
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None
        super().on_headers_complete()
        cast(Scope, self.scope)[WHOLE] = partial(self._answer_whole, self.cycle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        for timer in (self._header_timer, self._write_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not read: it has some time to begin."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(self.write_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().resume_writing()

    def shutdown(self) -> None:
        """End after the answer under way; an idle connection a moment later.

        A request may be on its way on it, and would go unanswered.
        """
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(GRACE_S, super().shutdown)
        else:
            super().shutdown()

    def _answer_whole(
        self, cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes
    ) -> bool:
        """Write head and body at once; ASGI's two messages are two system calls."""
        if cycle.disconnected or cycle.response_started or self.flow.write_paused:
            return False
        cycle.waiting_for_100_continue = False
        head = self._head(cycle, status, headers)
        self.transport.write(head if cycle.scope["method"] == "HEAD" else head + body)
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def _head(self, cycle: RequestResponseCycle, status: int, headers: Headers) -> bytes:
        if CLOSE in headers:
            cycle.keep_alive = False
        lines = [name + b": " + value for name, value in (*cycle.default_headers, *headers)]
        if not cycle.keep_alive and CLOSE not in headers:
            lines.append(b"connection: close")
        head = STATUS_LINE[status] + b"\r\n".join(lines) + b"\r\n\r\n"
        breaks = len(lines) + 2
        if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
            raise RuntimeError("a header of the answer has a line break in it")
        return head

    def _start_header_timer(self) -> None:
        self._header_timer = self.loop.call_later(self.header_timeout_s, self._headers_late)

    def _headers_late(self) -> None:
        self._header_timer = None
        if self._reading_headers:
            self._refuse(408)
        elif self.cycle is None:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        self._reading_headers = False
        self._broken = True
        if self.cycle is not None and not self.cycle.response_complete:
            self._break_cycle()
        elif not self.transport.is_closing():
            self.transport.write(
                self.edge.refuse_unparsed(status, self.client[0] if self.client else "")
            )
            self.transport.close()

    def _break_cycle(self) -> None:
        """Let the request under way be the last, and end its body if that is what is broken."""
        cycle = self.cycle
        cycle.keep_alive = False
        if cycle.more_body:
            cast(Scope, cycle.scope)[MALFORMED] = True
            cycle.more_body = False
            cycle.message_event.set()


def limited(edge: Any) -> type[LimitedProtocol]:
    """The protocol with the limits of the edge's options."""
    options = edge.options
    values = {
        "edge": edge,
        "max_header_bytes": options.max_header_bytes,
        "header_timeout_s": options.header_timeout_s,
        "write_timeout_s": options.body_timeout_s,
    }
    return type("LimitedProtocol", (LimitedProtocol,), values)
