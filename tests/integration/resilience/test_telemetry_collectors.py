"""A collector in any trouble changes nothing for who is observed, and every span is counted."""

import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from resilience.options import TelemetryOptions
from resilience.telemetry.receiver import Receiver
from resilience.telemetry.setup import Telemetry
from resilience.testing.signals import Signals

PROTOCOLS = ("http/protobuf", "http/json", "grpc")
Serve = Callable[[socket.socket], None]


def answer(head: bytes) -> Serve:
    """Reads what comes first and answers with these bytes."""

    def serve(link: socket.socket) -> None:
        link.recv(65536)
        link.sendall(head)

    return serve


def hold(link: socket.socket) -> None:
    """Reads all there is and never answers."""
    while link.recv(65536):
        pass


def reset(link: socket.socket) -> None:
    """Ends the connection rudely."""
    link.recv(1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(link: socket.socket) -> None:
    """Answers a byte at a time, for ever."""
    link.recv(65536)
    while True:
        link.sendall(b"H")
        time.sleep(0.05)


TROUBLES: dict[str, Serve | None] = {
    "refused": None,
    "black hole": hold,
    "unavailable": answer(
        b"HTTP/1.1 503 No\r\nRetry-After: 7200\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ),
    "bad request": answer(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    "garbage": answer(b"\x00\xffnot http at all\r\n\r\n"),
    "reset": reset,
    "drip": drip,
}


class Collector:
    """A listener on loopback that treats each connection as it was told."""

    def __init__(self, serve: Serve | None) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._links: list[socket.socket] = []
        if serve is None:
            self._listener.close()
        else:
            threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End all connections."""
        for one in (self._listener, *self._links):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            self._links.append(link)
            threading.Thread(target=self._treat, args=(link,), daemon=True).start()

    def _treat(self, link: socket.socket) -> None:
        assert self._serve is not None
        with suppress(OSError), link:
            self._serve(link)


@dataclass
class Told:
    """What became of the spans of one run."""

    making_s: float
    p99_s: float
    close_s: float
    books: dict[str, float]

    @property
    def balanced(self) -> bool:
        """Whether made = delivered + dropped."""
        dropped = sum(v for k, v in self.books.items() if k not in ("made", "delivered"))
        return self.books["made"] == self.books["delivered"] + dropped


def telemetry_to(
    port: int, protocol: str, queue: int = 256, shutdown_s: float = 0.4, **more: str
) -> Telemetry:
    """Telemetry that exports to a port of loopback."""
    with Signals() as signals:
        domains = signals.domains
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_BSP_SCHEDULE_DELAY": "10",
        **more,
    }
    options = TelemetryOptions(service="test", queue=queue, shutdown_s=shutdown_s)
    return Telemetry(options, domains=domains, environment=environment)


def run(telemetry: Telemetry, spans: int) -> Told:
    """Make spans as fast as one can, and close."""
    took_s: list[float] = []
    for number in range(spans):
        began = time.perf_counter()
        with telemetry.observe("work", attributes={"number": number}):
            pass
        took_s.append(time.perf_counter() - began)
    time.sleep(0.1)
    began = time.perf_counter()
    telemetry.close()
    close_s = time.perf_counter() - began
    p99_s = sorted(took_s)[len(took_s) * 99 // 100]
    return Told(sum(took_s), p99_s, close_s, books(telemetry))


def books(telemetry: Telemetry) -> dict[str, float]:
    """The account of the spans, as `/metrics` shows it."""
    found: dict[str, float] = {}
    for line in telemetry.metrics("")[1].decode().splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("telemetry_") and 'signal="span"' in name and "failures" not in name:
            reason = name.partition('reason="')[2].partition('"')[0]
            found[reason or name.partition("_total")[0].removeprefix("telemetry_")] = float(value)
    return found


@pytest.fixture
def started() -> Iterator[ExitStack]:
    """What is started here ends with the test."""
    with ExitStack() as stack:
        yield stack


@pytest.mark.fault(66, 68)
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_collector_in_trouble_is_nobody_elses(
    started: ExitStack, capfd: pytest.CaptureFixture[str], trouble: str, protocol: str
) -> None:
    """Spans stay quick to make, nothing is printed, all are counted, and the end is in time."""
    collector = started.enter_context(closing(Collector(TROUBLES[trouble])))
    told = run(telemetry_to(collector.port, protocol), 1000)
    assert told.balanced
    assert (told.books["made"], told.books["delivered"]) == (1000, 0)
    assert told.close_s < 1.0
    assert told.p99_s < 0.002
    assert told.making_s < 5.0  # a send that blocked would take ten
    assert capfd.readouterr() == ("", "")


ALONE = """
from resilience.options import TelemetryOptions
from resilience.telemetry.setup import Telemetry
domains = dict.fromkeys(("target", "operation", "server_address", "http_route", "http_status",
    "policy"), ("x",)) | {"http_served": ()}
telemetry = Telemetry(TelemetryOptions(shutdown_s=0.5), domains=domains)
with telemetry.observe("work"):
    pass
telemetry.flush(0.3)
telemetry.close()
telemetry.close()
"""


@pytest.mark.fault(66, 68)
@pytest.mark.parametrize(
    ("trouble", "protocol"),
    [("refused", "http/protobuf"), ("black hole", "grpc"), ("bad request", "http/json")],
)
def test_a_process_of_its_own_says_nothing_about_its_collector(
    started: ExitStack, trouble: str, protocol: str
) -> None:
    """With nobody to catch log records, neither output has a word, and the end is clean."""
    collector = started.enter_context(closing(Collector(TROUBLES[trouble])))
    environment = {
        "PYTHONPATH": ":".join(sys.path),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_BSP_SCHEDULE_DELAY": "1",
    }
    command = [sys.executable, "-W", "error", "-c", ALONE]
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


@pytest.mark.fault(68)
def test_with_its_defaults_the_end_takes_less_than_five_seconds(started: ExitStack) -> None:
    """Neither a hanging export nor hanging log lines hold up the end for longer."""
    collector = started.enter_context(closing(Collector(hold)))
    default_s = TelemetryOptions().shutdown_s
    assert run(telemetry_to(collector.port, "grpc", shutdown_s=default_s), 10).close_s < 5.0


@pytest.mark.fault(66, 67)
@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json"])
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_collector_in_order_gets_every_span(
    started: ExitStack, protocol: str, compression: str
) -> None:
    """Nothing is lost where nothing is wrong, and what was counted is what arrived."""
    receiver = started.enter_context(Receiver(max_traces=2000))
    more: dict[str, Any] = {"OTEL_EXPORTER_OTLP_COMPRESSION": compression}
    telemetry = telemetry_to(receiver.port, protocol, 4096, shutdown_s=60.0, **more)
    told = run(telemetry, 2000)
    assert told.books == {
        "made": 2000,
        "delivered": 2000,
        "queue_full": 0,
        "delivery_failed": 0,
        "shutdown": 0,
    }
    assert [span.attributes["number"] for span in receiver.spans()] == [*range(2000)]


@pytest.mark.fault(67)
def test_a_burst_beyond_the_queue_is_counted(started: ExitStack) -> None:
    """What arrived is what was delivered; the rest was dropped because the queue was full."""
    receiver = started.enter_context(Receiver(max_traces=100_000))
    told = run(telemetry_to(receiver.port, "http/json", 64), 20_000)
    assert told.balanced
    assert told.books["queue_full"] > 0
    assert told.books["delivered"] == len(receiver.spans())


@pytest.mark.fault(66)
def test_a_collector_that_comes_back_is_used_again(started: ExitStack) -> None:
    """After failed exports the next spans arrive."""
    gone = Collector(None)
    telemetry = telemetry_to(
        gone.port, "http/json", OTEL_EXPORTER_OTLP_TIMEOUT="200", OTEL_BSP_SCHEDULE_DELAY="1"
    )
    started.callback(telemetry.close)
    with telemetry.observe("lost"):
        pass
    assert telemetry.flush(5.0)
    receiver = started.enter_context(Receiver(port=gone.port))
    with telemetry.observe("kept"):
        pass
    assert telemetry.flush(5.0)
    assert [span.name for span in receiver.spans()] == ["kept"]
    assert books(telemetry) == {
        "made": 2,
        "delivered": 1,
        "queue_full": 0,
        "delivery_failed": 1,
        "shutdown": 0,
    }


def test_headers_reach_the_collector(started: ExitStack) -> None:
    """A key that the collector wants goes along, and the path is the signal's."""
    seen: list[bytes] = []
    ready = threading.Event()

    def keep(link: socket.socket) -> None:
        seen.append(link.recv(65536))
        ready.set()
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    collector = started.enter_context(closing(Collector(keep)))
    more: dict[str, Any] = {"OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b"}
    run(telemetry_to(collector.port, "http/json", **more), 1)
    assert ready.wait(5.0)
    head = seen[0].lower()
    assert head.startswith(b"post /v1/traces http/1.1\r\n")
    assert b"\r\nx-key: a b\r\n" in head
    assert b"traceparent" not in head
