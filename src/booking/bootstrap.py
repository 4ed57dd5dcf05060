"""The composition root: every object is made here and handed what it needs."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from flask import Flask

from booking import __version__, labels
from booking.adapters.business_file import load_business
from booking.adapters.gateway import OPERATIONS, Gateway
from booking.adapters.randomness import RandomBytes
from booking.adapters.store import open_store
from booking.adapters.store_options import StoreOptions
from booking.adapters.tracing import calm, query_spans, report_to
from booking.agent.errors import AgentError
from booking.events import CATALOGUE as BOOKING_EVENTS
from booking.events import build_info
from booking.service.bookings import Bookings
from booking.settings import PREFIX, Settings, SettingsError
from booking.web import agent
from booking.web.app import create_app
from booking.web.operations import served
from resilience.clock import SystemClock
from resilience.edge import EDGE_STATUSES, Edge, Ports
from resilience.events import CATALOGUE, Observe
from resilience.http_client import ProtectedSession
from resilience.options import (
    BreakerOptions,
    ClientOptions,
    EdgeOptions,
    RetryOptions,
    TelemetryOptions,
    TimeoutOptions,
)
from resilience.served import record_served
from resilience.server import CannotListen, listen, serve
from resilience.telemetry.instrument import instrument_flask, instrument_requests
from resilience.telemetry.logs import get_logger, setup_structured_logging
from resilience.telemetry.setup import Telemetry

EVENTS = (*CATALOGUE, *BOOKING_EVENTS)
TARGET = "booking-api"
"""The name of the API in the signals of whoever calls it."""

Ready = Callable[[], tuple[bool, Mapping[str, object]]]


def serve_api(settings: Settings) -> None:
    """Serve the booking API until told to stop. SystemExit says why it cannot."""
    _check_port(settings.host, settings.api_port, "API_PORT")
    with ExitStack() as open_things:
        edge = api_edge(settings, open_things)
        serve(edge, host=settings.host, port=settings.api_port)


def serve_agent(settings: Settings) -> None:
    """Serve the booking agent until told to stop. SystemExit says why it cannot."""
    _check_port(settings.host, settings.agent_port, "AGENT_PORT")
    with ExitStack() as open_things:
        edge = agent_edge(settings, open_things)
        serve(edge, host=settings.host, port=settings.agent_port)


def _check_port(host: str, port: int, setting: str) -> None:
    """A port that is taken is told before the database is touched, which another may be using."""
    try:
        listen(host, port).close()
    except CannotListen as error:
        chosen = f"{PREFIX}{setting} chooses the port, {PREFIX}HOST the address."
        raise SystemExit(f"{error} {chosen}") from None


@contextmanager
def client(settings: Settings) -> Iterator[tuple[Gateway, Observe]]:
    """The API for one command, and the `Observe` of its spans; log lines only when asked for."""
    with ExitStack() as open_things:
        lines = 2 if f"{PREFIX}LOG_LEVEL" in os.environ else os.open(os.devnull, os.O_WRONLY)
        telemetry = _telemetry(
            settings, "tallybook-cli", labels.of_calls(TARGET, settings.api_url), lines
        )
        open_things.callback(telemetry.close)
        session = _session(settings, telemetry, open_things)
        yield Gateway(session, key=settings.key.get_secret_value()), telemetry.observe


def api_edge(settings: Settings, open_things: ExitStack) -> Edge:
    """The booking API behind its edge; `open_things` closes what was opened."""
    answers = served(tuple(map(str, EDGE_STATUSES)))
    telemetry = _telemetry(settings, "booking-api", labels.of_answers(answers, settings.limits))
    open_things.callback(telemetry.close)
    bookings, ready = _bookings(settings, telemetry, open_things)
    app = create_app(
        bookings,
        clock=SystemClock(),
        emit=telemetry.emit,
        observe=telemetry.observe,
        trace_id=telemetry.trace_id,
        base_url=f"http://{settings.host}:{settings.api_port}",
        version=__version__,
    )
    return _edge(app, settings, telemetry, settings.threads, ready)


def agent_edge(settings: Settings, open_things: ExitStack) -> Edge:
    """The booking agent behind its edge; `open_things` closes what was opened."""
    domains = {
        **labels.of_calls(TARGET, settings.api_url),
        **labels.of_answers(agent.answers(EDGE_STATUSES), settings.limits),
    }
    telemetry = _telemetry(settings, "booking-agent", domains)
    open_things.callback(telemetry.close)
    session = _session(settings, telemetry, open_things)
    key = settings.key.get_secret_value()
    app = agent.create_agent_app(
        lambda user: Gateway(session, key=key, user=user),
        observe=calm(telemetry.observe, AgentError),
        trace_id=telemetry.trace_id,
        logger=get_logger("booking.agent"),
    )
    return _edge(app, settings, telemetry, settings.agent_threads)


def _bookings(
    settings: Settings, telemetry: Telemetry, open_things: ExitStack
) -> tuple[Bookings, Ready]:
    business, clock = load_business(settings.business), SystemClock()
    settings.make_data()
    store = open_store(
        StoreOptions(path=settings.database),
        clock=clock,
        services=business.services,
        query_span=query_spans(telemetry.observe),
    )
    open_things.callback(store.close)
    telemetry.watch(store.readings)
    bookings = Bookings(
        business=business,
        store=store,
        clock=clock,
        random_bytes=RandomBytes(),
        report=report_to(telemetry.emit),
    )
    return bookings, lambda: (store.is_open, {"database": "ok" if store.is_open else "closed"})


def _session(settings: Settings, telemetry: Telemetry, open_things: ExitStack) -> ProtectedSession:
    options = ClientOptions(
        target=TARGET,
        base_url=settings.api_url,
        operations=OPERATIONS,
        pool_size=settings.agent_threads,
        retry=RetryOptions(max_retries=settings.max_retries, backoff_s=settings.backoff_s),
        timeout=TimeoutOptions(
            attempt_s=settings.attempt_timeout_s, operation_s=settings.operation_timeout_s
        ),
        breaker=BreakerOptions(
            failure_threshold=settings.breaker_failures, open_for_s=settings.breaker_open_s
        ),
    )
    session = ProtectedSession(
        options, clock=SystemClock(), emit=telemetry.emit, observe=telemetry.observe
    )
    open_things.callback(session.close)
    telemetry.watch(session.readings)
    instrument_requests(telemetry)
    return session


def _edge(
    app: Flask,
    settings: Settings,
    telemetry: Telemetry,
    threads: int,
    ready: Ready = lambda: (True, {}),
) -> Edge:
    """The app with its SERVER spans, behind the edge."""
    clock = SystemClock()
    instrument_flask(app, telemetry)
    record_served(app, emit=telemetry.emit, clock=clock, trace_id=telemetry.trace_id)
    edge = Edge(
        app,
        EdgeOptions(
            limits=settings.limits,
            trusted_proxies=settings.trusted_proxies,
            trusted_key=settings.key.get_secret_value(),
            probe_networks=settings.probe_networks,
            threads=threads,
            queue=settings.queue,
            drain_s=settings.drain_s,
            hold_s=settings.hold_s,
        ),
        Ports(
            emit=telemetry.emit,
            server_span=telemetry.serve,
            clock=clock,
            metrics=telemetry.metrics,
            ready=ready,
            route_of=labels.routes(app),
            trace_id=telemetry.trace_id,
        ),
    )
    telemetry.watch(edge.readings, build_info(__version__, settings.revision))
    return edge


def _telemetry(
    settings: Settings, service: str, domains: Mapping[str, tuple[str, ...]], lines: int = 2
) -> Telemetry:
    options = TelemetryOptions(
        service=service,
        version=__version__,
        log_level=settings.log_level,
        log_file=settings.log_file,
    )
    every = {**labels.NOTHING, **domains}
    try:
        telemetry = Telemetry(options, domains=every, catalogue=EVENTS, lines=lines)
    except OSError as error:
        raise SettingsError(
            f"{PREFIX}LOG_FILE is {str(settings.log_file)!r}: {error.strerror}; choose a file that"
            " can be written"
        ) from None
    setup_structured_logging(settings.log_level, logs=telemetry.logs)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return telemetry
