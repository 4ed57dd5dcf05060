"""The way of a body that is sent piece by piece, as fast as the client takes it."""

import asyncio
import threading
from collections.abc import AsyncGenerator


class ClientGone(Exception):
    """Nobody takes the rest of the body."""


class Stream:
    """Hands one chunk at a time from a worker thread to the loop, and waits until it is sent."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._chunk: bytes | None = None
        self._error: BaseException | None = None
        self._offered = asyncio.Event()
        self._taken = threading.Semaphore(0)
        self._gone = False

    def put(self, chunk: bytes) -> None:
        """Offer a chunk and wait until it is sent; ClientGone when it never will be."""
        if self._gone:
            raise ClientGone
        self._chunk = chunk
        self._wake()
        self._taken.acquire()
        if self._gone:
            raise ClientGone

    def end(self, error: BaseException | None = None) -> None:
        """Say that nothing follows, or why nothing can follow."""
        self._chunk, self._error = None, error
        self._wake()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Each chunk; the writer goes on when the next one is asked for."""
        while not self._gone:
            await self._offered.wait()
            self._offered.clear()
            if self._gone or self._chunk is None:
                break
            yield self._chunk
            self._taken.release()
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """Let writer and reader stop, since nobody takes the rest; on the loop."""
        self._gone = True
        self._taken.release()
        self._offered.set()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._offered.set)
        except RuntimeError:
            self._gone = True  # the loop is closed
            self._taken.release()
