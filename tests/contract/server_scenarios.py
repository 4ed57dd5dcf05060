"""Each event of a server, provoked over a socket."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.contract.scenario import Act, Scenario
from tests.edge_stand import Connection, Reply, http, shop

from resilience import Edge, EdgeOptions, Ports, SystemClock, instrument_flask, record_served
from resilience.events import (
    NearLimit,
    RateLimitRejected,
    RequestResent,
    RequestServed,
    RequestShed,
)
from resilience.server import running_server
from resilience.testing import Signals

LIST = http("GET /services")
Before = Callable[[Edge, Callable[[], Reply]], object]


def edge_of(signals: Signals, **options: Any) -> Edge:
    """A small shop behind the edge, all of whose signals are captured."""
    app, clock, telemetry = shop(threading.Event()), SystemClock(), signals.telemetry
    instrument_flask(app, telemetry)
    record_served(app, emit=signals.emit, clock=clock, trace_id=telemetry.trace_id)
    ports = Ports(
        emit=signals.emit,
        server_span=telemetry.serve,
        clock=clock,
        metrics=telemetry.metrics,
        trace_id=telemetry.trace_id,
        route_of=lambda _, path: path if path == "/services" else "other",
    )
    return Edge(app, EdgeOptions(**{"hold_s": 0.0, **options}), ports)


@contextmanager
def serving(
    signals: Signals, request: bytes, *, arrange: Before = lambda *_: None, **options: Any
) -> Iterator[Act]:
    """The shop on a socket; the act is one request."""
    edge = edge_of(signals, **options)
    with running_server(edge) as server:

        def act() -> Reply:
            with Connection(server.port) as connection:
                return connection.ask(request)

        arrange(edge, act)
        yield act


def _served(event: Any, when: str, request: bytes = LIST, **options: Any) -> Scenario:
    return Scenario(event, when, lambda signals: serving(signals, request, **options))


def _asked(times: int) -> Before:
    return lambda _, act: [act() for _ in range(times)]


def _drained(edge: Edge, act: object) -> None:
    edge.drain()


SERVER = (
    _served(RequestServed, "answered by the application"),
    _served(RequestServed, "no such path", http("GET /absent/ana@example.com")),
    _served(RequestServed, "an unknown method", http("BREW /services")),
    _served(RequestServed, "not HTTP", b"\x16\x03\x01 / HTTP/1.1\r\n\r\n"),
    _served(RateLimitRejected, "one too many", limits="1/minute", arrange=_asked(1)),
    _served(NearLimit, "past 80 %", limits="5/minute", arrange=_asked(4)),
    _served(RequestShed, "draining", arrange=_drained),
    _served(RequestResent, "second attempt", http("GET /services", {"X-Request-Attempt": "2"})),
)
