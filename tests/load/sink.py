"""The telemetry sink as a process: appends each OTLP/JSON export to a file, as it came.

    python tests/load/sink.py PORT FILE

It does as little as it can while the load runs; `spans.py` reads the file afterwards.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, BinaryIO

import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Sink:
    """An ASGI application; an export is answered with 200 once its line is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Take one export, or say that the sink is there."""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if scope["method"] == "POST":
            self._file.write(body + b"\n")
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})


async def _serve(port: int, path: Path) -> None:
    with path.open("ab", buffering=0) as file:
        config = uvicorn.Config(
            Sink(file), port=port, lifespan="off", log_level="error", access_log=False
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
