"""A small OTLP/HTTP receiver that keeps the last traces of a few processes, to be looked at."""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import orjson
from google.protobuf.message import DecodeError

from resilience.telemetry.trace import SpanRecord, from_otlp, from_otlp_json

_MAX_BODY = 16 * 1_048_576


class Receiver:
    """Takes `POST /v1/traces` (protobuf or JSON) on loopback and keeps the newest traces.

    `port` 0 takes a free one; `max_traces` (1000): older ones are forgotten.
    """

    def __init__(self, *, port: int = 0, max_traces: int = 1000) -> None:
        self._traces: OrderedDict[str, list[SpanRecord]] = OrderedDict()
        self._max_traces = max_traces
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
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

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        keep = self._keep

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_POST(self) -> None:
                """Keep the spans of one export."""
                length = int(self.headers.get("Content-Length") or 0)
                if self.path != "/v1/traces" or length > _MAX_BODY:
                    self._answer(404 if length <= _MAX_BODY else 413, b"")
                    return
                body = self.rfile.read(length)
                try:
                    keep(_decode(body, self.headers))
                except (DecodeError, ValueError, KeyError, TypeError, OSError):
                    self._answer(400, b"")
                    return
                self._answer(200, b"{}" if _is_json(self.headers) else b"")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                kind = "application/json" if _is_json(self.headers) else "application/x-protobuf"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler


def _is_json(headers: Any) -> bool:
    return "json" in headers.get("Content-Type", "")


def _decode(body: bytes, headers: Any) -> list[SpanRecord]:
    if headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return list(from_otlp_json(orjson.loads(body)) if _is_json(headers) else from_otlp(body))
