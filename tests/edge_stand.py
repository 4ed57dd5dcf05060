"""A small Flask application behind the edge on a real socket, and raw clients for it."""

import io
import json
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPMessage, HTTPResponse
from typing import Any

from flask import Flask, Response, jsonify, request

from resilience.arrival import UNTRUSTED_CONTEXT
from resilience.clock import Clock, SystemClock
from resilience.context import request_id
from resilience.declare import Event
from resilience.edge import Edge, Ports
from resilience.options import EdgeOptions
from resilience.served import record_served
from resilience.server import running_server

KEY = "sixteen-or-more-letters"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@dataclass
class Reply:
    """One answer as it came over the socket."""

    status: int
    headers: HTTPMessage
    body: bytes

    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


class _Kept(io.BufferedReader):
    """What is read from a connection; one answer's end does not end it."""

    def makefile(self, mode: str) -> "_Kept":
        """Itself, where `HTTPResponse` would make one of its own and read ahead."""
        return self

    def close(self) -> None:
        """Stay open for the next answer."""


class Connection:
    """A keep-alive connection on which anything can be written."""

    def __init__(self, port: int, source: str = "127.0.0.1", timeout_s: float = 5.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s, (source, 0))
        self._kept = _Kept(socket.SocketIO(self.socket, "r"))

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.socket.sendall(data)

    def reply(self, method: str = "GET") -> Reply:
        """Read one answer to its end."""
        response = HTTPResponse(self._kept, method=method)  # type: ignore[arg-type]  # as a socket
        response.begin()
        body = response.read()
        headers = response.headers
        response.close()
        return Reply(response.status, headers, body)

    def ask(self, data: bytes) -> Reply:
        """Write a request and read its answer."""
        self.send(data)
        return self.reply(data.split(b" ", 1)[0].decode())

    def readable(self, within_s: float) -> bool:
        """Whether the server sends something, or ends, in that time."""
        return bool(select.select([self.socket], [], [], within_s)[0])

    def closed(self) -> bool:
        """Whether the server ends the connection, having sent nothing more."""
        try:
            return self._kept.read(1) == b""
        except ConnectionResetError:
            return True


def http(line: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """The bytes of a request; `line` is such as "GET /services"."""
    fields = {"Host": "test", **(headers or {})}
    if body:
        fields["Content-Length"] = str(len(body))
    lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@dataclass
class Stand:
    """A running edge: where it listens, what it told, which SERVER spans it opened."""

    port: int
    edge: Edge
    events: list[Event]
    spans: list[tuple[str, dict[str, str], bool]]
    release: threading.Event

    def connect(self, source: str = "127.0.0.1", timeout_s: float = 5.0) -> Connection:
        """A connection from an address of the loopback network."""
        return Connection(self.port, source, timeout_s)

    def ask(self, data: bytes, source: str = "127.0.0.1") -> Reply:
        """One request on a connection of its own."""
        with self.connect(source) as connection:
            return connection.ask(data)

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, source: str = "127.0.0.1"
    ) -> Reply:
        """GET on a connection of its own."""
        return self.ask(http(f"GET {path}", headers), source)

    def told(self, kind: type[Event]) -> list[Event]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


@dataclass
class _Spans:
    opened: list[tuple[str, dict[str, str], bool]] = field(default_factory=list)

    @contextmanager
    def __call__(
        self, name: str, carrier: Mapping[str, str], trusted: bool, attributes: object
    ) -> Iterator[None]:
        self.opened.append((name, dict(carrier), trusted))
        yield


def shop(release: threading.Event) -> Flask:
    """An application that shows what reached it."""
    app = Flask("shop")

    @app.get("/services")
    def services() -> Response:
        return jsonify(total=3)

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    @app.route("/echo", methods=["POST", "PATCH"])
    def echo() -> Response:
        return Response(request.get_data(), mimetype="application/octet-stream")

    @app.get("/seen")
    def seen() -> Response:
        return jsonify(
            headers={name: value for name, value in request.environ.items() if "HTTP_" in name},
            request_id=request_id.get(),
            untrusted=request.environ.get(UNTRUSTED_CONTEXT),
        )

    @app.get("/stream/<int:chunks>")
    def stream(chunks: int) -> Response:
        def parts() -> Iterator[bytes]:
            try:
                yield from (b"x" * 10_000 for _ in range(chunks))
            finally:
                release.set()

        return Response(parts())

    @app.get("/slow")
    def slow() -> Response:
        release.wait(10)
        return jsonify(done=True)

    return app


@contextmanager
def stand(clock: Clock | None = None, **options: Any) -> Iterator[Stand]:
    """Serve the shop with these `EdgeOptions`; 429s are not held back unless asked for."""
    clock = clock or SystemClock()
    release, events, spans = threading.Event(), list[Event](), _Spans()
    app = shop(release)
    record_served(app, emit=events.append, clock=clock, trace_id=lambda: TRACE)
    ports = Ports(
        emit=events.append,
        server_span=spans,
        clock=clock,
        trace_id=lambda: TRACE,
        metrics=lambda accept: ("text/plain", f"accepts {accept}".encode()),
        route_of=lambda method, path: path if path in ("/services", "/echo") else "other",
    )
    edge = Edge(app, EdgeOptions(**{"hold_s": 0.0, **options}), ports)
    with running_server(edge) as server:
        try:
            yield Stand(server.port, edge, events, spans.opened, release)
        finally:
            release.set()
