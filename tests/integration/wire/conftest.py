"""A scripted server behind the proxy, and a client that sends raw bytes."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Server:
    """What the server behind the proxy saw."""

    address: str
    seen: list[dict[str, Any]] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    gone: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    record: Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError):
            self.close_connection = True

    def serve(self) -> None:
        self.body = self.read_body()
        self.record.connections.add(self.client_address)
        self.record.seen.append(
            {
                "method": self.command,
                "target": self.path,
                "headers": list(self.headers.items()),
                "body": self.body,
                "peer": self.client_address[0],
            }
        )
        name = self.path.partition("?")[0].strip("/").replace("-", "_")
        getattr(self, f"answer_{name}", self.answer_hello)()

    do_GET = do_POST = do_PATCH = do_HEAD = do_OPTIONS = serve

    def read_body(self) -> bytes:
        if self.path == "/early":
            return b""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return b"".join(iter(self.read_chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def read_chunk(self) -> bytes:
        chunk = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return chunk

    def reply(self, status: int, body: bytes = b"", *headers: tuple[str, str]) -> None:
        self.send_response_only(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True

    def answer_hello(self) -> None:
        self.reply(200, b"hello world!", ("X-Answer", "1"))

    def answer_echo(self) -> None:
        self.reply(201, self.body)

    def answer_big(self) -> None:
        self.reply(200, b"x" * 3_000_000)

    def answer_vast(self) -> None:
        self.reply(200, b"x" * 16_000_000)  # more than both ends' kernels would ever hold

    def answer_chunked(self) -> None:
        self.raw(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n7\r\n world!\r\n0\r\n\r\n"
        )

    def answer_until_close(self) -> None:
        self.raw(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")

    def answer_no_content(self) -> None:
        self.send_response_only(204)
        self.end_headers()

    def answer_not_modified(self) -> None:
        self.send_response_only(304)
        self.send_header("ETag", '"1"')
        self.end_headers()

    def answer_hop(self) -> None:
        headers = [("Connection", "keep-alive, X-Secret"), ("X-Secret", "1")]
        self.reply(200, b"ok", *headers, ("Keep-Alive", "timeout=5"), ("X-Kept", "1"))

    def answer_closing(self) -> None:
        self.reply(200, b"bye", ("Connection", "close"))

    def answer_leaving(self) -> None:
        self.reply(200, b"more?")
        self.close_connection = True

    def answer_early(self) -> None:
        self.reply(413, b"too large")
        self.close_connection = True

    def answer_garbage(self) -> None:
        self.raw(b"this is not HTTP\r\n\r\n")

    def answer_half(self) -> None:
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    def answer_silent(self) -> None:
        self.close_connection = True

    def answer_abort(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def answer_never(self) -> None:
        while self.connection.recv(1):
            pass
        self.record.gone.set()
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: connections are broken on purpose."""


@contextmanager
def running_server() -> Iterator[Server]:
    """Run the scripted server on a free port."""
    record = Server(address="")
    handler = type("Bound", (Handler,), {"record": record})
    with _Server(("127.0.0.1", 0), handler) as server:
        record.address = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield record
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    """The scripted server."""
    with running_server() as record:
        yield record


class RawClient:
    """A socket that speaks just what it is told."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10, (source, 0))

    def send(self, data: bytes | str) -> None:
        """Send these bytes."""
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def request(self, method: str, target: str, *headers: str, body: bytes = b"") -> None:
        """Send a request with a Host, and a Content-Length when there is a body."""
        lines = [f"{method} {target} HTTP/1.1", "Host: example.test", *headers]
        lines += [f"Content-Length: {len(body)}"] if body else []
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def response(self, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """Read one whole response."""
        response = HTTPResponse(self.socket, method=method)
        response.begin()
        body = response.read()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, body

    def get(self, target: str, *headers: str) -> tuple[int, dict[str, str], bytes]:
        """Send a GET and read its response."""
        self.request("GET", target, *headers)
        return self.response()

    def rest(self) -> bytes:
        """Read until the other end closes; raises ConnectionResetError on a RST."""
        return b"".join(iter(lambda: self.socket.recv(65536), b""))

    def until(self, end: bytes) -> bytes:
        """Read until `end` has come."""
        data = bytearray()
        while end not in data and (piece := self.socket.recv(65536)):
            data += piece
        return bytes(data)

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


Connect = Callable[..., RawClient]
WaitUntil = Callable[[Callable[[], object]], None]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Open raw connections, which are closed after the test."""
    clients: list[RawClient] = []

    def open_one(port: int, source: str = "127.0.0.1") -> RawClient:
        clients.append(RawClient(port, source))
        return clients[-1]

    yield open_one
    for client in clients:
        client.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A loopback port on which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def poll(condition: Callable[[], object], limit_s: float = 5.0) -> None:
    """Wait until `condition` holds; raises TimeoutError after `limit_s` seconds."""
    end_s = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError("the condition never held")
        time.sleep(0.002)


@pytest.fixture
def wait_until() -> WaitUntil:
    """Wait for a condition."""
    return poll
