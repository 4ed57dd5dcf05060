"""The same Flask application for gunicorn: bare, and with the packages that people use.

Settings: `TALLYBOOK_DATA`, `BENCH_LOG` (file of log lines), `BENCH_LIMITS`.
"""

import json
import logging
import os
import secrets
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, jsonify, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_flask_exporter import PrometheusMetrics

from booking.adapters import store_statements as sql
from booking.adapters.business_file import load_business
from booking.adapters.store import open_store
from booking.adapters.store_connection import connect
from booking.adapters.store_options import StoreOptions
from booking.adapters.store_readers import Readers
from booking.domain.model import Service
from booking.service.bookings import Bookings
from booking.service.ports import Store
from booking.web.app import create_app
from resilience.clock import SystemClock


def bare() -> Flask:
    """The application alone."""
    return _app(_store())


def peers() -> Flask:
    """The application with limiter, spans, metrics and log lines, as each package documents."""
    provider = TracerProvider(resource=Resource({"service.name": "peers"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    _store().close()
    SQLite3Instrumentor().instrument()
    app = _app(cast(Store, CursorStore(_path())))
    FlaskInstrumentor().instrument_app(app)  # type: ignore[no-untyped-call]  # untyped there
    app.after_request(partial(_log, _logger()))
    PrometheusMetrics(app)
    Limiter(
        get_remote_address,
        app=app,
        application_limits=[*os.environ["BENCH_LIMITS"].split(";")],
        headers_enabled=True,
        storage_uri="memory://",
    )
    app.register_error_handler(429, _refuse)
    return app


class CursorStore:
    """The list of services through a cursor, which is what the instrumentation of SQLite sees."""

    def __init__(self, path: Path) -> None:
        self._readers = Readers(partial(connect, path, busy_timeout_s=5), size=8, wait_s=10)

    def services(self) -> list[Service]:
        """The services on offer."""
        rows = self._readers.read(lambda c: c.cursor().execute(sql.LIST_SERVICES.sql).fetchall())
        return [Service(*row) for row in rows]


class JsonLines(logging.Formatter):
    """One JSON object a line, as examples for the standard library write it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        context = trace.get_current_span().get_span_context()
        line = {
            "timestamp": datetime.now(UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            "trace_id": trace.format_trace_id(context.trace_id),
            "span_id": trace.format_span_id(context.span_id),
            **cast(dict[str, Any], getattr(record, "fields", {})),
        }
        return json.dumps(line)


def _path() -> Path:
    return Path(os.environ["TALLYBOOK_DATA"]) / "tallybook.db"


def _store() -> Any:
    options = StoreOptions(path=_path())
    return open_store(options, clock=SystemClock(), services=load_business().services)


def _app(store: Store) -> Flask:
    clock = SystemClock()
    bookings = Bookings(
        business=load_business(),
        store=store,
        clock=clock,
        random_bytes=secrets.token_bytes,
        report=lambda _: None,
    )
    return create_app(bookings, clock=clock)


def _logger() -> logging.Logger:
    handler = logging.FileHandler(os.environ["BENCH_LOG"])
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("peers")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    return logger


def _refuse(error: Exception) -> tuple[Response, int]:
    return jsonify(success=False, status=429, error=str(error)), 429


def _log(logger: logging.Logger, response: Response) -> Response:
    fields = {"method": request.method, "path": request.path, "status": response.status_code}
    logger.info("request.served", extra={"fields": fields})
    return response
