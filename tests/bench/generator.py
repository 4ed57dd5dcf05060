"""A load generator: keep-alive connections that each send the next request after the answer."""

import asyncio
import json
import sys
from time import perf_counter
from typing import Any

import uvloop


class Tally:
    """What came back."""

    def __init__(self) -> None:
        self.latencies_s: list[float] = []
        self.refused = 0
        self.broken = 0
        self.stopping = False

    def answered(self, status: int, latency_s: float) -> None:
        """Count one answer."""
        self.latencies_s.append(latency_s)
        self.refused += status >= 400

    def percentile_ms(self, share: float) -> float:
        """The latency that this share of the answers stayed under."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, request: bytes, tally: Tally, pause_s: float) -> None:
        self._request = request
        self._tally = tally
        self._pause_s = pause_s
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Gather one answer, count it and go on."""
        received = self._received = self._received + data
        end = received.find(b"\r\n\r\n") + 4
        if end < 4 or len(received) < end + _length(received[:end]):
            return
        self._received = b""
        self._tally.answered(int(received[9:12]), perf_counter() - self._sent_s)
        if self._pause_s:
            asyncio.get_running_loop().call_later(self._pause_s, self._send)
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a connection that the server ended: all are kept until the time is up."""
        self._tally.broken += not self._tally.stopping

    def _send(self) -> None:
        self._sent_s = perf_counter()
        self._transport.write(self._request)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


async def generate(traffic: dict[str, Any]) -> dict[str, float]:
    """Send the traffic for its time; the figures of a `Load`."""
    tally = Tally()
    host = f"127.0.0.1:{traffic['port']}"
    request = f"GET {traffic['path']} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    local = (traffic["source"], 0) if traffic["source"] else None
    started_s = perf_counter()
    for _ in range(traffic["connections"]):
        await loop.create_connection(
            lambda: Connection(request, tally, traffic["pause_s"]),
            "127.0.0.1",
            traffic["port"],
            local_addr=local,
        )
    await asyncio.sleep(traffic["seconds"])
    tally.stopping = True
    return {
        "requests": len(tally.latencies_s),
        "seconds": perf_counter() - started_s,
        "refused": tally.refused,
        "broken": tally.broken,
        "p50_ms": tally.percentile_ms(0.5),
        "p99_ms": tally.percentile_ms(0.99),
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(generate(json.loads(sys.argv[1])))))
