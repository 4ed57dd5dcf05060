"""One TCP connection: reads with back-pressure, writes that wait, and a notice when it ends."""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import cast

BUFFER_BYTES = 64 * 1024


class Link(asyncio.Protocol):
    """One side of the proxy.

    `gone` turns true when the other end has closed its sending side or reset the
    connection (or after our own close). `was_reset` says that it was a reset.
    asyncio itself sets TCP_NODELAY.
    """

    def __init__(self, on_made: Callable[["Link"], None] | None = None) -> None:
        self._on_made = on_made
        self.on_gone: Callable[[], None] | None = None
        self.gone = False
        self.was_reset = False
        self._buffer = bytearray()
        self._paused = self._blocked = False
        self._wakers: set[asyncio.Future[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over; asyncio calls this."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)  # so that drained means: with the kernel
        if self._on_made is not None:
            self._on_made(self)

    @property
    def peer(self) -> str:
        """The address at the other end, without its port; "" when it has already gone."""
        name = self._transport.get_extra_info("peername")
        return str(name[0]) if name else ""

    def data_received(self, data: bytes) -> None:
        """Buffer what came, and stop reading while a buffer's worth is unread."""
        self._buffer += data
        if len(self._buffer) >= BUFFER_BYTES and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self.wake()

    def eof_received(self) -> bool:
        """Note that the other end closed; we close by ourselves."""
        self._end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is no more."""
        self.was_reset = self.was_reset or exc is not None
        self._end()

    def pause_writing(self) -> None:
        """Note that the kernel takes no more; asyncio calls this."""
        self._blocked = True

    def resume_writing(self) -> None:
        """Note that all was handed to the kernel; asyncio calls this."""
        self._blocked = False
        self.wake()

    def _end(self) -> None:
        first, self.gone = not self.gone, True
        self.wake()
        if first and self.on_gone is not None:
            self.on_gone()

    def wake(self) -> None:
        """Let whoever waits for something look again."""
        for waker in self._wakers:
            if not waker.done():
                waker.set_result(None)

    async def _until(self, ready: Callable[[], bool], limit_s: float) -> None:
        if ready():
            return
        async with asyncio.timeout(limit_s):
            while not ready():
                await self._next_change()

    async def _next_change(self) -> None:
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wakers.add(waker)
        try:
            await waker
        finally:
            self._wakers.discard(waker)

    @property
    def has_data(self) -> bool:
        """Whether something was received that nobody has read yet."""
        return bool(self._buffer)

    async def read(self, limit_s: float) -> bytes:
        """Return what has come, b"" at the end; raises TimeoutError after `limit_s` seconds."""
        await self.wait_readable(limit_s)
        data = bytes(self._buffer)
        self._buffer.clear()
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return data

    async def write(self, data: bytes, limit_s: float) -> None:
        """Send `data`, and wait until the kernel has it or the other end is gone.

        Raises TimeoutError when the other end takes nothing for `limit_s` seconds.
        """
        if data and not self.closed:
            self._transport.write(data)
            await self._until(lambda: not self._blocked or self.gone, limit_s)

    async def wait_readable(self, limit_s: float) -> None:
        """Wait until there is something to read, or the end; raises TimeoutError."""
        await self._until(lambda: bool(self._buffer) or self.gone, limit_s)

    async def begins(self, limit_s: float, over: Callable[[], bool] = lambda: False) -> bool:
        """Whether something comes, or the end, within `limit_s` seconds and before `over` holds.

        Whoever makes `over` hold calls `wake`.
        """
        with suppress(TimeoutError):
            await self._until(lambda: bool(self._buffer) or self.gone or over(), limit_s)
        return bool(self._buffer) or self.gone

    async def wait_gone(self, limit_s: float) -> None:
        """Wait for the end of the connection; raises TimeoutError after `limit_s` seconds."""
        await self._until(lambda: self.gone, limit_s)

    @property
    def undelivered(self) -> bool:
        """Whether some of what was written has not been handed to the kernel."""
        return self._blocked

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close after what was written has been sent."""
        self._transport.close()

    def say_end(self) -> None:
        """Say that nothing more comes; what the other end has sent can still be read."""
        if not self.closed and not self.gone:
            with suppress(OSError):  # a reset that nobody has told us of yet
                self._transport.write_eof()

    async def close_gently(self, limit_s: float) -> None:
        """Say that nothing more comes, and close when the other end does, or after `limit_s`.

        Closing at once, with bytes unread, would make the kernel destroy the last answer.
        """
        if not self.closed and not self.gone:
            self.say_end()
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    while not self.gone:
                        await self.read(limit_s)
        self.close()

    def reset(self) -> None:
        """End the connection with a RST."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None and not self.closed:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
