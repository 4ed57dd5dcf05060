"""Real calls whose real recorder is in trouble: its tracer, its registry or its file raises."""

import socket
import struct
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from opentelemetry.trace import NoOpTracer
from prometheus_client import CollectorRegistry
from tests.raw_server import OK, RawServer, running

from resilience.errors import CircuitBreakerOpen, RetriesExhausted
from resilience.events import CATALOGUE
from resilience.http_client import ProtectedSession
from resilience.options import BreakerOptions, ClientOptions, RetryOptions
from resilience.telemetry.counters import Counters
from resilience.telemetry.logs import Logs
from resilience.telemetry.recorder import Recorder
from resilience.telemetry.spans import Spans
from resilience.testing.signals import Signals

BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
EACH = ("span", "metric", "log")
BROKEN = [(), ("span",), ("metric",), ("log",), EACH]


def full(*_: object, **__: object) -> NoReturn:
    """What a full disk does."""
    raise OSError("No space left on device")


class BrokenTracer(NoOpTracer):
    """Cannot start a span."""

    start_span = full


class Sinks:
    """A recorder of real sinks, of which those named raise at every event."""

    def __init__(self, signals: Signals, broken: tuple[str, ...]) -> None:
        tracer = BrokenTracer() if "span" in broken else signals.telemetry.tracer
        known = () if "metric" in broken else CATALOGUE  # an undeclared event is a KeyError
        self.registry = CollectorRegistry()
        self.lines: list[bytes] = []
        self.spans = Spans(tracer)
        self.recorder = Recorder(
            self.spans,
            Counters(self.registry, known, signals.domains),
            Logs(full if "log" in broken else self.lines.append, service="test"),
        )

    def failed(self) -> dict[str, float]:
        """How many events each sink failed to record."""
        return {reading.values[0]: reading.value for reading in self.recorder.readings()}

    def attempts(self) -> float:
        """The sum of the attempts counter."""
        samples = (s for family in self.registry.collect() for s in family.samples)
        return sum(s.value for s in samples if s.name == "resilience_attempts_total")

    def session(self, url: str, **options: Any) -> ProtectedSession:
        """A session that tells these sinks."""
        return ProtectedSession(
            ClientOptions(
                target="api", base_url=url, retry=RetryOptions(backoff_s=0.01), **options
            ),
            emit=self.recorder,
            observe=self.spans.observe,
        )


@pytest.fixture
def signals() -> Iterator[Signals]:
    """Telemetry whose tracer is used while it is not the broken one."""
    with Signals() as captured:
        yield captured


def _busy_then_reset_then_fine(server: RawServer, sock: socket.socket, number: int) -> None:
    server.read(sock)
    if number == 2:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        sock.sendall(BUSY if number == 1 else OK)


@pytest.mark.fault(21)
@pytest.mark.parametrize("broken", BROKEN, ids="+".join)
def test_a_call_is_rescued_whatever_its_recorder_does(
    broken: tuple[str, ...], signals: Signals
) -> None:
    """The answer is the same, the other signals are whole, and each failure is counted."""
    sinks = Sinks(signals, broken)
    with running(_busy_then_reset_then_fine) as server, sinks.session(server.url) as session:
        status = session.post("/appointments", json={}).status_code

    told = {"span": 2, "metric": 6, "log": 6}  # two retries have spans of their own
    assert (status, len(server.requests)) == (200, 3)
    assert sinks.failed() == {name: told[name] if name in broken else 0 for name in EACH}
    assert sinks.attempts() == (0 if "metric" in broken else 3)
    assert len(sinks.lines) == (0 if "log" in broken else 6)
    waits = signals.spans("resilience.retry")
    assert len(waits) == (0 if "span" in broken else 2)


@pytest.mark.fault(21)
@pytest.mark.parametrize("broken", BROKEN, ids="+".join)
def test_a_circuit_opens_and_closes_whatever_its_recorder_does(
    broken: tuple[str, ...], signals: Signals
) -> None:
    """The fifth failure opens it, nothing is sent while it is open, and one success closes it."""

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        while server.read(sock):
            sock.sendall(BUSY if len(server.requests) <= 5 else OK)

    sinks, states = Sinks(signals, broken), []
    breaker = BreakerOptions(open_for_s=0.1)
    with running(play) as server, sinks.session(server.url, breaker=breaker) as session:
        for error in (RetriesExhausted, CircuitBreakerOpen, CircuitBreakerOpen):
            with pytest.raises(error):
                session.get("/services")
            states.append((session.breaker.state.value, len(server.requests)))
        time.sleep(0.11)
        session.get("/services")
        states.append((session.breaker.state.value, len(server.requests)))

    assert states == [("closed", 4), ("open", 5), ("open", 5), ("closed", 6)]
