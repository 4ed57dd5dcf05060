"""What a WSGI application says, gathered in the worker thread: whole when small, else streamed."""

import asyncio
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING

from resilience.bridge.call import Answer, Call, Deliver
from resilience.bridge.environ import build_environ
from resilience.bridge.stream import ClientGone, Stream

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

WHOLE_BYTES = 65_536
"""A body up to this size whose length is known comes back in one piece."""

_BODYLESS = frozenset({204, 304})
_HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade"})
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


@lru_cache(maxsize=256)
def _encoded_name(name: str) -> bytes:
    return name.strip().lower().encode("latin-1")


class Reply:
    """One `start_response` and the chunks that follow."""

    __slots__ = ("_call", "_chunks", "_deliver", "_headers", "_loop", "_size", "_status", "_stream")

    def __init__(self, call: Call, loop: asyncio.AbstractEventLoop, deliver: Deliver) -> None:
        self._call = call
        self._loop = loop
        self._deliver = deliver
        self._chunks: list[bytes] = []
        self._size = 0
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._stream: Stream | None = None

    def start(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: ExcInfo | tuple[None, None, None] | None = None,
        /,
    ) -> Callable[[bytes], object]:
        """`start_response` of PEP 3333."""
        if exc_info and exc_info[1] and (self._stream or self._size):
            raise exc_info[1].with_traceback(exc_info[2])
        if self._status and not exc_info:
            raise RuntimeError("start_response was called twice without exc_info")
        self._status = int(status[:3])
        self._headers = [
            (encoded, value.strip().encode("latin-1"))
            for name, value in headers
            if (encoded := _encoded_name(name)) not in _HOP_BY_HOP
        ]
        return self._write

    def gather(self, chunks: Iterable[bytes]) -> None:
        """Take the body: held until complete, or passed on chunk by chunk."""
        held = isinstance(chunks, (list, tuple))
        for chunk in chunks:
            if self._stream is None and not held and not self._stays_small():
                self._begin_stream()
            self._take(chunk)

    def finish(self) -> None:
        """Deliver what was gathered, or end the stream."""
        if self._stream is not None:
            self._stream.end()
            return
        if not self._status:
            raise RuntimeError("the application did not call start_response")
        self._deliver(Answer(self._status, self._headers, self._whole_body()))

    def fail(self, error: BaseException) -> None:
        """Deliver the error, or break off the stream with it."""
        if self._stream is None:
            self._deliver(error)
        else:
            self._stream.end(error)

    def _write(self, chunk: bytes) -> None:
        if self._stream is None and self._size + len(chunk) > WHOLE_BYTES:
            self._begin_stream()
        self._take(chunk)

    def _take(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._stream is None:
            self._chunks.append(chunk)
        elif chunk:
            self._stream.put(chunk)

    def _stays_small(self) -> bool:
        declared = self._declared()
        return declared is not None and declared <= WHOLE_BYTES

    def _declared(self) -> int | None:
        for name, value in self._headers:
            if name == b"content-length":
                return int(value)
        return None

    def _begin_stream(self) -> None:
        if not self._status:
            raise RuntimeError("the application did not call start_response")
        self._stream = Stream(self._loop)
        self._deliver(Answer(self._status, self._headers, stream=self._stream))
        for chunk in filter(None, self._chunks):
            self._stream.put(chunk)

    def _whole_body(self) -> bytes:
        if self._status in _BODYLESS or self._call.scope["method"] == "HEAD":
            return b""
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        declared = self._declared()
        if declared is None:
            self._headers.append((b"content-length", b"%d" % len(body)))
        elif declared != len(body):
            raise RuntimeError(f"Content-Length is {declared}, but the body has {len(body)} bytes")
        return body


def perform(
    app: "WSGIApplication", call: Call, loop: asyncio.AbstractEventLoop, deliver: Deliver
) -> None:
    """Run the application for one call and deliver what it says, or the error it raised."""
    reply = Reply(call, loop, deliver)
    try:
        chunks = app(build_environ(call), reply.start)
        try:
            reply.gather(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        reply.finish()
    except ClientGone:
        return
    except BaseException as error:
        reply.fail(error)
