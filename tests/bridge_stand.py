"""What calls a bridge as a server would, without one."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from resilience.bridge import Bridge, Call, Outcome

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


def scope(**changes: Any) -> dict[str, Any]:
    """An ASGI scope as uvicorn makes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"test")],
        "server": ("127.0.0.1", 5000),
        "client": ("127.0.0.9", 1234),
        **changes,
    }


class Client:
    """Receives one answer; a client that left takes `patience` messages and no more."""

    def __init__(self, body: bytes = b"", patience: int = 10**9) -> None:
        self._incoming = deque([{"type": "http.request", "body": body, "more_body": False}])
        self._patience = patience
        self._gone = asyncio.Event()
        self.messages: list[Mapping[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        """The request, then nothing until the client is gone."""
        if self._incoming:
            return self._incoming.popleft()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        """Take a part of the answer."""
        self.messages.append(message)
        await asyncio.sleep(0)
        if len(self.messages) >= self._patience:
            self._gone.set()

    def answer(self) -> Answer:
        """The answer, without the header that frames it."""
        start, *parts = self.messages
        headers = sorted(h for h in start["headers"] if h[0] != b"content-length")
        return start["status"], headers, b"".join(part.get("body", b"") for part in parts)


def bridge(app: Any, failed: Callable[[BaseException], None] | None = None) -> Bridge:
    """A bridge with two threads."""
    clock = lambda: 100.0  # noqa: E731  # a clock that stands still
    return Bridge(app, threads=2, queue=4, now=clock, failed=failed or (lambda error: None))


def run_one(app: Any, **changes: Any) -> tuple[Outcome, Client, list[BaseException]]:
    """One call, with what was sent and what the application raised."""
    errors: list[BaseException] = []
    patience = changes.pop("patience", 10**9)
    deadline_s = changes.pop("deadline_s", None)

    async def run() -> tuple[Outcome, Client]:
        client, served = Client(patience=patience), bridge(app, errors.append)
        await client.receive()
        call = Call(scope(**changes), deadline_s=deadline_s)
        try:
            outcome = await served.serve(call, client.receive, client.send, [(b"x-more", b"1")])
        finally:
            await asyncio.to_thread(served.stop, 5)
        return outcome, client

    return (*asyncio.run(run()), errors)


def plain(environ: Any, start: Any) -> list[bytes]:
    """A WSGI application that answers with two chunks and a repeated header."""
    start("200 OK", [("Content-Type", "text/plain"), ("X-Many", "1"), ("X-Many", "2")])
    return [b"one ", b"", b"two"]
