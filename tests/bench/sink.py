"""A collector that swallows what it is sent; the same loop answers any request at once.

`python -m bench.sink PORT` serves until it is ended.
"""

import asyncio
import sys
from typing import Any

import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Swallow(asyncio.Protocol):
    """Reads requests with a Content-Length and answers each."""

    def connection_made(self, transport: Any) -> None:
        """Begin with an empty buffer."""
        self._transport = transport
        self._head = b""
        self._body_left = 0

    def data_received(self, data: bytes) -> None:
        """Skip bodies, and answer when one has ended."""
        while data:
            if self._body_left:
                skipped = min(self._body_left, len(data))
                data = data[skipped:]
                self._body_left -= skipped
            else:
                data = self._read_head(data)
            if not self._body_left and not self._head:
                self._transport.write(_ANSWER)

    def _read_head(self, data: bytes) -> bytes:
        head, end, rest = (self._head + data).partition(b"\r\n\r\n")
        if not end:
            self._head = head
            return b""
        self._head = b""
        for line in head.split(b"\r\n"):
            if line[:15].lower() == b"content-length:":
                self._body_left = int(line[15:])
        return rest


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Swallow, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
