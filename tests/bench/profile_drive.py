"""Requests without a server: straight into a WSGI application, or into the edge."""

import asyncio
import io
from collections.abc import Callable
from time import monotonic
from typing import Any

import uvloop
from flask import Flask

from resilience.arrival import ARRIVAL, Arrival
from resilience.edge import Edge

from .profiles import Work

_ENVIRON = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/services",
    "QUERY_STRING": "",
    "SERVER_NAME": "127.0.0.1",
    "SERVER_PORT": "5000",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "127.0.0.1:5000",
    "REMOTE_ADDR": "127.0.0.1",
    "REMOTE_PORT": "40000",
    "wsgi.url_scheme": "http",
}
_SCOPE = {
    "type": "http",
    "http_version": "1.1",
    "method": "GET",
    "path": "/services",
    "raw_path": b"/services",
    "query_string": b"",
    "headers": [(b"host", b"127.0.0.1:5000")],
    "server": ("127.0.0.1", 5000),
    "client": ("127.0.0.1", 40000),
}
_WIDTH = 50


def wsgi(app: Flask) -> Work:
    """Requests to a WSGI application, one after the other, as the edge hands them over."""

    def start_response(status: str, *_: Any) -> Callable[[bytes], object]:
        assert status == "200 OK", status
        return lambda _: None

    def work(count: int) -> None:
        for _ in range(count):
            fresh = {"wsgi.input": io.BytesIO(), ARRIVAL: Arrival(monotonic(), "req-1", "")}
            answer = app.wsgi_app(_ENVIRON | fresh, start_response)
            b"".join(answer)
            answer.close()  # type: ignore[attr-defined]  # of Werkzeug's iterator

    return work


def asgi(edge: Edge, expected: int) -> Work:
    """Requests to an edge, 50 at once, which are all answered with the expected status."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        assert message.get("status", expected) == expected, message

    async def client(count: int) -> None:
        for _ in range(count):
            await edge(dict(_SCOPE), receive, send)

    async def clients(count: int) -> None:
        await asyncio.gather(*(client(count // _WIDTH) for _ in range(_WIDTH)))

    def work(count: int) -> None:
        uvloop.run(clients(count))

    if expected == 429:
        uvloop.run(edge(dict(_SCOPE), receive, _ignored))
    return work


async def _ignored(message: Any) -> None:
    del message
