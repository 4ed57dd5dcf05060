"""Served requests over real sockets: their spans, lines and metrics belong together."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
import requests
import structlog
from flask import Flask, request
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from werkzeug.serving import make_server

from resilience.context import request_id
from resilience.telemetry.instrument import instrument_flask, instrument_requests
from resilience.telemetry.logs import get_logger
from resilience.testing.signals import Signals

CANARY = "ana.canary@example.com"
log = get_logger("probe")


def _view(name: str) -> str:
    request_id.set(request.headers["X-Request-ID"])
    log.info("direct")
    context = copy_context()
    worker = threading.Thread(target=context.run, args=(_in_a_thread,))
    worker.start()
    worker.join()
    return "served"


def _in_a_thread() -> None:
    log.info("threaded")
    logging.getLogger("library").warning("from a %s", "library")


@pytest.fixture
def signals() -> Iterator[Signals]:
    """The signals of one process, whose loggers write there too."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with Signals() as found:
        found.telemetry.logs.configure()
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        yield found
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def url(signals: Signals) -> Iterator[str]:
    """Where the instrumented application is served, to instrumented sessions."""
    app = Flask("probe")
    app.add_url_rule("/items/<name>", view_func=_view)
    instrument_flask(app, signals.telemetry)
    instrument_requests(signals.telemetry)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    RequestsInstrumentor().uninstrument()
    FlaskInstrumentor().uninstrument_app(app)  # type: ignore[no-untyped-call]  # untyped there


def fetch(url: str, number: int) -> int:
    """The status of one request, which carries an id of its own and things to hide."""
    headers = {"X-Request-ID": f"req-{number}", "User-Agent": CANARY, "Connection": "close"}
    answer = requests.get(f"{url}/items/{number}?q={CANARY}", headers=headers, timeout=5)
    return answer.status_code


@pytest.mark.fault(76)
def test_lines_of_every_thread_lead_to_the_span_of_their_request(
    signals: Signals, url: str
) -> None:
    """With many requests at once, each line has the trace, span and id of its own request."""
    with ThreadPoolExecutor(8) as pool:
        statuses = [*pool.map(lambda number: fetch(url, number), range(40))]
    lines, spans = signals.lines(), signals.spans("GET /items/<name>")
    clients = {span.span_id: span for span in signals.spans("GET")}
    assert (statuses, len(spans), len(clients)) == ([200] * 40, 40, 40)
    assert all(clients[span.parent_id].trace_id == span.trace_id for span in spans)
    served = {span.span_id: span.trace_id for span in spans}
    assert all(served[line["span_id"]] == line["trace_id"] for line in lines)
    found = {
        number: sorted(line["event"] for line in lines if line["request_id"] == f"req-{number}")
        for number in range(40)
    }
    assert found == {number: ["direct", "from a library", "threaded"] for number in range(40)}
    assert len({(line["request_id"], line["span_id"]) for line in lines}) == 40
    assert not any(CANARY in str(line) for line in lines)
    server_spans = [one for one in signals.finished() if one.name == "GET /items/<name>"]
    assert not any("canary" in one.to_json() for one in server_spans)
