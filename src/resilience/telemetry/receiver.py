"""A small OTLP/HTTP receiver that keeps the last traces of a few processes, to be looked at."""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import orjson

from resilience.telemetry.trace import SpanRecord, from_otlp, from_otlp_json

_MAX_BODY = 16 * 1_048_576
_MAX_DIGITS = 9
_GZIP = 31
"""What zlib calls the gzip format."""


class Receiver:
    """Takes `POST /v1/traces` (protobuf or JSON) on loopback and keeps the newest traces.

    `port` 0 takes a free one; `max_traces` (1000): older ones are forgotten.
    """

    def __init__(self, *, port: int = 0, max_traces: int = 1000) -> None:
        self._traces: OrderedDict[str, list[SpanRecord]] = OrderedDict()
        self._max_traces = max_traces
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.keep = self._keep
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """What `OTEL_EXPORTER_OTLP_ENDPOINT` should say."""
        return f"http://127.0.0.1:{self.port}"

    def spans(self, trace_id: str = "") -> Sequence[SpanRecord]:
        """The spans received of one trace, or of all."""
        with self._changed:
            if trace_id:
                return tuple(self._traces.get(trace_id, ()))
            return tuple(span for spans in self._traces.values() for span in spans)

    def wait_for(self, trace_id: str, names: Sequence[str], timeout_s: float) -> bool:
        """Wait until the trace has a span of each name (as often as named); False if it has not."""
        with self._changed:
            return self._changed.wait_for(lambda: self._has(trace_id, names), timeout_s)

    def close(self) -> None:
        """Stop receiving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> "Receiver":
        """The receiver itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        """Stop receiving."""
        self.close()

    def _has(self, trace_id: str, names: Sequence[str]) -> bool:
        have = [span.name for span in self._traces.get(trace_id, ())]
        return all(have.count(name) >= names.count(name) for name in names)

    def _keep(self, spans: Sequence[SpanRecord]) -> None:
        with self._changed:
            for span in spans:
                self._traces.setdefault(span.trace_id, []).append(span)
            while len(self._traces) > self._max_traces:
                self._traces.popitem(last=False)
            self._changed.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    keep: Callable[[Sequence[SpanRecord]], None]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that leave early."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self) -> None:
        """Keep the spans of one export."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._refuse(411)
        elif len(length) > _MAX_DIGITS or int(length) > _MAX_BODY:
            self._refuse(413)
        elif self.path != "/v1/traces":
            self._refuse(404)
        else:
            self._take(self.rfile.read(int(length)))

    def _take(self, body: bytes) -> None:
        try:
            spans = _decode(body, self.headers)
        except Exception:  # a stranger's bytes can break a decoder in any way
            self._refuse(400)
            return
        self.server.keep(spans)
        self._answer(200, b"{}" if _is_json(self.headers) else b"")

    def _refuse(self, status: int) -> None:
        self.close_connection = True  # whatever else came must not be taken for a request
        self._answer(status, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if self.close_connection:
            self.send_header("Connection", "close")
        kind = "application/json" if _is_json(self.headers) else "application/x-protobuf"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _is_json(headers: Any) -> bool:
    return "json" in headers.get("Content-Type", "")


def _decode(body: bytes, headers: Any) -> list[SpanRecord]:
    if headers.get("Content-Encoding") == "gzip":
        body = _unpacked(body)
    return list(from_otlp_json(orjson.loads(body)) if _is_json(headers) else from_otlp(body))


def _unpacked(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=_GZIP)
    whole = unpacker.decompress(body, _MAX_BODY)
    if not unpacker.eof:
        raise ValueError("the body is cut short, or too large when unpacked")
    return whole
