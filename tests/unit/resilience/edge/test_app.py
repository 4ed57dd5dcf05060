"""The edge as a plain ASGI application."""

import asyncio
from collections.abc import Mapping
from typing import Any

from resilience.clock import Clock
from resilience.declare import Event
from resilience.edge import Edge, Ports
from resilience.gauges import GAUGES, LIMITER_STORAGE
from resilience.options import EdgeOptions
from resilience.server_events import RequestServed
from resilience.testing.clock import FakeClock
from resilience.vocabulary import LimitResult


class Asgi:
    """Sends requests to an edge without a server."""

    def __init__(self, app: Any, clock: Clock | None = None, **options: Any) -> None:
        self.events: list[Event] = []
        self.errors: list[BaseException] = []
        ports = Ports(
            emit=self.events.append, clock=clock or FakeClock(), failed=self.errors.append
        )
        self.edge = Edge(app, EdgeOptions(**options), ports)

    def get(self, path: str, **changes: Any) -> tuple[int, dict[bytes, bytes], bytes]:
        """Status, headers and body of one answer."""
        sent: list[Mapping[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
            "client": ("127.0.0.1", 1),
            **changes,
        }
        asyncio.run(self.edge(scope, receive, send))
        self.edge.close()
        start, body = sent
        return start["status"], dict(start["headers"]), body["body"]


def hello(environ: Any, start: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def broken(environ: Any, start: Any) -> list[bytes]:
    raise ValueError("a secret of the application")


def test_an_application_that_raises_is_excused_without_its_words() -> None:
    """The client gets a problem document, the process the exception."""
    asgi = Asgi(broken)
    status, headers, body = asgi.get("/")

    assert (status, headers[b"content-type"]) == (500, b"application/problem+json")
    assert b"secret" not in body
    assert [str(error) for error in asgi.errors] == ["a secret of the application"]
    assert asgi.events == []


def test_a_storage_that_fails_lets_requests_pass() -> None:
    """They are served without limit headers, and the gauge shows the fallback."""

    class Broken(FakeClock):
        def utc_now(self) -> Any:
            raise AssertionError("no headers without a decision")

    asgi = Asgi(hello, Broken())
    asgi.edge.limits._limiter.storage = None  # a storage that is gone
    status, headers, _ = asgi.get("/")
    states = {r.values: r.value for r in asgi.edge.readings() if r.gauge is LIMITER_STORAGE}

    assert (status, [name for name in headers if b"ratelimit" in name]) == (200, [])
    assert states == {("primary",): 0.0, ("fallback",): 1.0}


def test_a_request_that_is_refused_by_the_edge_is_told_by_it() -> None:
    """One `RequestServed` each, with the limiter's decision."""
    asgi = Asgi(hello, limits="5/minute")
    status, _, _ = asgi.get("/", headers=[(b"content-length", b"99999999")])
    (served,) = asgi.events

    assert status == 413
    assert isinstance(served, RequestServed)
    assert (served.http_response_status_code, served.result) == ("413", LimitResult.ACQUIRED)


def test_what_cannot_be_parsed_counts_for_its_peer() -> None:
    """The server gets the bytes to send, and past the limit those of a 429."""
    edge = Asgi(hello, limits="1/minute").edge
    answers = [edge.refuse_unparsed(400, peer)[:12] for peer in ("127.0.0.1", "127.0.0.1", "::1")]

    assert answers == [b"HTTP/1.1 400", b"HTTP/1.1 429", b"HTTP/1.1 400"]


def test_each_gauge_of_the_edge_is_read_once_for_each_label() -> None:
    """Every reading is of a declared gauge, and none comes twice."""
    readings = list(Asgi(hello).edge.readings())

    assert {r.gauge for r in readings} <= set(GAUGES)
    assert len({(r.gauge.name, r.values) for r in readings}) == len(readings)


def test_a_websocket_is_closed() -> None:
    """No other protocol is served."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(Asgi(hello).edge({"type": "websocket"}, receive, send))

    assert sent == [{"type": "websocket.close", "code": 1000}]
