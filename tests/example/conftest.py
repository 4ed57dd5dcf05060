"""The carrier that the tracker asks."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.example.parcels import DOMAINS

from resilience.declare import Domains


class _Carrier(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Every parcel is in Bern."""
        body = b'{"place": "Bern"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def carrier() -> Iterator[str]:
    """Where the carrier listens, as "host:port"."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Carrier) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def signal_domains() -> Domains:
    """The label values of the tracker."""
    return DOMAINS
