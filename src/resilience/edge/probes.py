"""What operators ask: /metrics, /livez and /readyz, answered on the loop."""

from collections.abc import Callable, Sequence

from resilience.bridge import send_whole
from resilience.edge.answers import json_body
from resilience.edge.exchange import Exchange
from resilience.edge.identity import Network, address_of
from resilience.edge.ports import Ports

_JSON = "application/json"
Content = tuple[int, str, bytes]


class Probes:
    """Answers the probes of the trusted networks; to others these paths do not exist."""

    def __init__(
        self, ports: Ports, networks: Sequence[Network], draining: Callable[[], bool]
    ) -> None:
        self._ports = ports
        self._networks = tuple(networks)
        self._draining = draining
        self._paths = {"/metrics": self._metrics, "/livez": self._live, "/readyz": self._readiness}

    def owns(self, exchange: Exchange) -> bool:
        """Whether it is a probe; what was forwarded for somebody else is none."""
        scope = exchange.scope
        if scope["path"] not in self._paths or scope["method"] not in ("GET", "HEAD"):
            return False
        if b"x-forwarded-for" in exchange.found or b"forwarded" in exchange.found:
            return False
        peer = address_of((scope.get("client") or ("",))[0])
        return peer is not None and any(peer in network for network in self._networks)

    async def answer(self, exchange: Exchange) -> None:
        """Answer a probe."""
        accept = exchange.found.get(b"accept", b"").decode("latin-1")
        status, content_type, body = self._paths[exchange.scope["path"]](accept)
        headers = [
            (b"content-type", content_type.encode("latin-1")),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-request-id", exchange.request_id.encode("ascii")),
        ]
        sent = b"" if exchange.scope["method"] == "HEAD" else body
        await send_whole(exchange.scope, exchange.send, status, headers, sent)

    def _metrics(self, accept: str) -> Content:
        return (200, *self._ports.metrics(accept))

    def _live(self, accept: str) -> Content:
        del accept
        return 200, _JSON, json_body({"status": "alive"})

    def _readiness(self, accept: str) -> Content:
        del accept
        if self._draining():
            return 503, _JSON, json_body({"status": "draining"})
        ready, details = self._ports.ready()
        status = "ready" if ready else "not ready"
        return 200 if ready else 503, _JSON, json_body({"status": status, **details})
