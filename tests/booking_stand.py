"""For tests: the whole booking API, with its edge and its SQLite file, on a real socket."""

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.booking_api import BOOKING, NOW
from tests.booking_shop import SetClock
from tests.edge_stand import Connection, Reply, http

from booking.adapters.business_file import load_business
from booking.adapters.store import open_store
from booking.adapters.store_options import StoreOptions
from booking.adapters.tracing import query_spans, report_to
from booking.events import CATALOGUE
from booking.service.bookings import Bookings
from booking.web.app import create_app
from booking.web.operations import served
from resilience.edge import Edge, Ports
from resilience.events import CATALOGUE as LIBRARY
from resilience.options import EdgeOptions
from resilience.served import record_served
from resilience.server import running_server
from resilience.telemetry.instrument import instrument_flask
from resilience.testing.signals import Signals

KEYED = {"Content-Type": "application/json", "Idempotency-Key": "key-1"}


@dataclass
class BookingStand:
    """A running API: where it listens and what it tells."""

    port: int
    signals: Signals
    clock: SetClock

    def send(
        self,
        line: str = "POST /appointments",
        document: object = BOOKING,
        *,
        headers: Mapping[str, str] = KEYED,
        source: str = "127.0.0.1",
    ) -> Reply:
        """One request with a JSON body, on a connection of its own."""
        with Connection(self.port, source, timeout_s=30.0) as connection:
            return connection.ask(http(line, headers, json.dumps(document).encode()))

    def get(self, path: str) -> Reply:
        """GET on a connection of its own."""
        with Connection(self.port, timeout_s=30.0) as connection:
            return connection.ask(http(f"GET {path}"))


def all_signals() -> Signals:
    """Telemetry with the label sets that the API fills."""
    answers = served(("400", "413", "429", "503"))
    return Signals(
        {
            "http_route": (*sorted({route for _, route, _ in answers}), "other"),
            "http_status": (*sorted({status for _, _, status in answers}), "", "other"),
            "http_served": (),
        },
        catalogue=(*LIBRARY, *CATALOGUE),
    )


@contextmanager
def booking_stand(folder: Path, clock: SetClock | None = None) -> Iterator[BookingStand]:
    """Serve the packaged business from the file in this folder, at a time that stands still."""
    signals, clock = all_signals(), clock or SetClock(NOW)
    business = load_business()
    store = open_store(
        StoreOptions(path=folder / "booking.db"),
        clock=clock,
        services=business.services,
        query_span=query_spans(signals.observe),
    )
    bookings = Bookings(
        business=business,
        store=store,
        clock=clock,
        random_bytes=secrets.token_bytes,
        report=report_to(signals.emit),
    )
    try:
        with running_server(_edge(bookings, signals, clock)) as server:
            yield BookingStand(server.port, signals, clock)
    finally:
        store.close()
        signals.close()


def _edge(bookings: Bookings, signals: Signals, clock: SetClock) -> Edge:
    telemetry = signals.telemetry
    app = create_app(
        bookings,
        clock=clock,
        emit=signals.emit,
        observe=signals.observe,
        trace_id=telemetry.trace_id,
        logger=telemetry.logs.logger("booking.web"),
    )
    instrument_flask(app, telemetry)
    ports = Ports(emit=signals.emit, server_span=telemetry.serve, trace_id=telemetry.trace_id)
    record_served(app, emit=signals.emit, clock=ports.clock, trace_id=telemetry.trace_id)
    return Edge(app, EdgeOptions(limits="", drain_s=1.0), ports)


def rows(folder: Path, query: str = "SELECT confirmation FROM appointments") -> list[Any]:
    """What the database file holds, read by somebody else."""
    with closing(sqlite3.connect(f"{(folder / 'booking.db').as_uri()}?mode=ro", uri=True)) as file:
        return file.execute(query).fetchall()
