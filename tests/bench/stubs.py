"""What stands at the ends of a measured path: a server that answers at once, a dumb collector."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import requests
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from requests.adapters import BaseAdapter

URL = "http://127.0.0.1:9/services"
Encode = Callable[[Sequence[ReadableSpan]], object]

DOMAINS: Mapping[str, tuple[str, ...]] = {
    "target": ("api",),
    "operation": ("list_services",),
    "server_address": ("127.0.0.1", "other"),
    "http_route": ("/services", "other"),
    "http_status": ("", "200", "429", "other"),
    "http_served": ("GET /services 200 ",),
    "policy": ("", "1_per_hour"),
}
"""The labels that the measured work has."""


class AtOnce(BaseAdapter):
    """Answers every request with the same success."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """The answer, complete."""
        response = requests.Response()
        response.status_code = 200
        response.url, response.request = request.url or "", request
        response.headers["Content-Type"] = "application/json"
        response._content = b'{"success":true}'
        return response

    def close(self) -> None:
        """Nothing is open."""


class Encoder(SpanExporter):
    """Writes spans as they would be sent, and drops them."""

    def __init__(self, encode_batch: Encode) -> None:
        self._encode = encode_batch

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Encode one batch."""
        self._encode(spans)
        return SpanExportResult.SUCCESS
