"""The API put together layer by layer, in this process."""

import os
import secrets
from pathlib import Path

from flask import Flask

from booking.adapters.business_file import load_business
from booking.adapters.store import open_store
from booking.adapters.store_options import StoreOptions
from booking.adapters.tracing import query_spans
from booking.service.bookings import Bookings
from booking.web.app import create_app
from resilience.clock import SystemClock
from resilience.edge import Edge, Ports
from resilience.events import Observe, unobserved
from resilience.options import EdgeOptions, TelemetryOptions
from resilience.served import record_served
from resilience.telemetry.export import SpanPipe
from resilience.telemetry.instrument import instrument_flask
from resilience.telemetry.otlp import encode
from resilience.telemetry.setup import Telemetry

from .stubs import DOMAINS, Encoder


def telemetry_in(directory: Path, *, encoded: bool) -> Telemetry:
    """Telemetry that writes lines to a file, and spans to nowhere or into JSON."""
    return Telemetry(
        TelemetryOptions(service="bench"),
        domains=DOMAINS,
        environment={},
        lines=os.open(directory / "lines", os.O_CREAT | os.O_WRONLY | os.O_APPEND),
        processor=SpanPipe(Encoder(encode), {}, limit=16_384) if encoded else None,
    )


def app_in(
    directory: Path,
    telemetry: Telemetry | None,
    observe: Observe = unobserved,
    *,
    served: bool = False,
) -> Flask:
    """The Flask application, with the SERVER span, further spans, and its event as asked for."""
    business, clock = load_business(), SystemClock()
    store = open_store(
        StoreOptions(path=directory / "tallybook.db"),
        clock=clock,
        services=business.services,
        query_span=query_spans(observe),
    )
    bookings = Bookings(
        business=business,
        store=store,
        clock=clock,
        random_bytes=secrets.token_bytes,
        report=lambda _: None,
    )
    app = create_app(bookings, clock=clock, observe=observe)
    if telemetry is not None:
        instrument_flask(app, telemetry)
    if served and telemetry is not None:
        record_served(app, emit=telemetry.emit, clock=clock, trace_id=telemetry.trace_id)
    return app


def edge_of(app: Flask, telemetry: Telemetry | None, limits: str) -> Edge:
    """The edge in front of an application; refusals are not held back."""
    options = EdgeOptions(limits=limits, hold_s=0.0)
    if telemetry is None:
        return Edge(app, options)
    ports = Ports(emit=telemetry.emit, server_span=telemetry.serve, trace_id=telemetry.trace_id)
    return Edge(app, options, ports)
