"""The official instrumentations: one span a request, named by its route, without secrets."""

from collections.abc import Callable, Iterator
from time import time_ns
from typing import Any

import pytest
import requests
from flask import Flask, Response, copy_current_request_context
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.trace import INVALID_SPAN, format_span_id, get_current_span
from requests.adapters import BaseAdapter
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from resilience.arrival import ARRIVAL, UNTRUSTED_CONTEXT, Arrival
from resilience.events import SpanKind
from resilience.telemetry.instrument import instrument_flask, instrument_requests
from resilience.telemetry.setup import Telemetry
from resilience.telemetry.trace import SpanRecord
from resilience.testing.signals import Signals

CANARY = "ana.canary@example.com"
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def signals() -> Iterator[Signals]:
    """The three signals of one test."""
    with Signals() as found:
        yield found


@pytest.fixture(params=["through the edge", "past it"])
def app(signals: Signals, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """An instrumented application with a few routes."""
    app = probe()
    instrument_flask(app, signals.telemetry)
    if request.param == "through the edge":
        app.wsgi_app = _handed_over(app.wsgi_app)  # type: ignore[method-assign]  # as Flask documents
    yield app
    FlaskInstrumentor().uninstrument_app(app)  # type: ignore[no-untyped-call]  # untyped there


def probe(status: str = "200 OK") -> Flask:
    """An application that answers, fails and crashes."""
    app = Flask("probe")
    app.add_url_rule(
        "/items/<name>", "item", lambda name: Response(name, status), methods=["GET", "PROPFIND"]
    )
    app.add_url_rule("/fail/<name>", "fail", _fail)
    app.register_error_handler(ValueError, lambda error: ("failed", 500))
    app.add_url_rule("/crash", "crash", _crash)
    return app


ARRIVED: dict[str, Any] = {ARRIVAL: Arrival(0.0, "req-1", "")}


def _handed_over(wsgi_app: Any) -> Any:
    return lambda environ, start_response: wsgi_app({**environ, **ARRIVED}, start_response)


def _fail(name: str) -> str:
    raise ValueError(name)


def _crash() -> str:
    raise LookupError(CANARY)


def served(
    signals: Signals, app: Flask, method: str, path: str, **environ: Any
) -> tuple[int, SpanRecord]:
    """The status and the only span of one request."""
    status = app.test_client().open(path, method=method, **environ).status_code
    (span,) = signals.spans()
    return status, span


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/items/7", 200, "GET /items/<name>"),
        ("HEAD", "/items/7", 200, "HEAD /items/<name>"),
        ("OPTIONS", "/items/7", 200, "OPTIONS /items/<name>"),
        ("GET", "/fail/7", 500, "GET /fail/<name>"),
        ("GET", "/nothing/here", 404, "GET other"),
        ("POST", "/items/7", 405, "POST other"),
        ("FOO", "/nothing", 404, "_OTHER other"),
        ("FOO", "/items/7", 405, "_OTHER other"),
    ],
)
def test_a_request_is_one_server_span_named_by_its_route(
    signals: Signals, app: Flask, method: str, path: str, status: int, name: str
) -> None:
    """Whatever the method and the path, there is one span and a name from a closed set."""
    answered, span = served(signals, app, method, path)
    assert (answered, span.name, span.kind, span.parent_id) == (status, name, "server", "")
    assert span.attributes["http.response.status_code"] == status
    assert span.status == ("error" if status >= 500 else "unset")


@pytest.mark.parametrize("arrived", [{}, ARRIVED])
@pytest.mark.parametrize(
    "status", ["200 OK", "201 CREATED", "304 NOT MODIFIED", "404 NOT FOUND", "429", "500 X", "odd"]
)
def test_the_span_says_what_the_official_one_says(
    signals: Signals, status: str, arrived: dict[str, Any]
) -> None:
    """Under whatever status, of what came through the edge and of what did not."""
    sent = EnvironBuilder(
        path="/items/7",
        query_string="q=1",
        headers=Headers({"Host": "shop.test:81", "traceparent": PARENT, "tracestate": "a=1"}),
        environ_overrides={"REMOTE_PORT": "4711", **arrived},
    )
    ours, official = (told(signals, way, sent, status) for way in (instrument_flask, _as_it_comes))
    assert ours == official


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PROPFIND", "POST", "FOO"])
@pytest.mark.parametrize("path", ["/items/7", "/fail/7", "/crash", "/nothing"])
@pytest.mark.parametrize("more", [{}, {"REMOTE_PORT": "0", "REMOTE_ADDR": ""}])
def test_and_so_it_does_of_any_request(
    signals: Signals, method: str, path: str, more: dict[str, str]
) -> None:
    """Whether it is allowed, fails, crashes, or is for nothing that there is."""
    sent = EnvironBuilder(path=path, method=method, environ_overrides={**more, **ARRIVED})
    ours, official = (told(signals, way, sent) for way in (instrument_flask, _as_it_comes))
    assert ours == official


def told(
    signals: Signals,
    instrument: Callable[[Flask, Telemetry], None],
    sent: EnvironBuilder,
    status: str = "200 OK",
) -> tuple[object, ...]:
    """What the only span of a request says under an instrumentation, less what is hidden."""
    before, app = len(signals.finished()), probe(status)
    instrument(app, signals.telemetry)
    app.test_client().open(sent.get_environ())
    (span,) = signals.finished()[before:]
    FlaskInstrumentor().uninstrument_app(app)  # type: ignore[no-untyped-call]  # untyped there
    app.test_client().open(sent.get_environ())
    assert len(signals.finished()) == before + 1
    assert get_current_span() is INVALID_SPAN

    said = {key: value for key, value in (span.attributes or {}).items() if key not in HIDDEN}
    name = span.name if "http.route" in said else "without a route, it may be a path"
    return name, span.kind, span.status.status_code, span.parent, said


HIDDEN = {"url.path", "url.query", "user_agent.original"}
"""What we keep from the instrumentation, since it may be personal."""


def _as_it_comes(app: Flask, telemetry: Telemetry) -> None:
    FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]  # untyped there
        app, tracer_provider=telemetry.provider, meter_provider=NoOpMeterProvider()
    )


def test_a_span_begins_with_its_request(signals: Signals, app: Flask) -> None:
    """Before any hook of the application, which may take its time."""
    began_ns: list[int] = []
    app.before_request_funcs[None].insert(0, lambda: began_ns.append(time_ns()))
    served(signals, app, "GET", "/items/7")
    (span,) = signals.finished()
    assert span.start_time is not None
    assert 0 < began_ns[0] - span.start_time < 10**9


def test_the_attributes_are_the_stable_ones(signals: Signals, app: Flask) -> None:
    """The names of the stable conventions, and none of the old."""
    _, span = served(signals, app, "GET", "/items/7")
    assert span.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/items/<name>",
        "url.scheme": "http",
        "server.address": "localhost",
        "server.port": 80,
        "client.address": "127.0.0.1",
        "network.protocol.version": "1.1",
    }


@pytest.mark.fault(76)
@pytest.mark.parametrize("path", [f"/items/{CANARY}", f"/fail/{CANARY}", f"/nothing/{CANARY}"])
def test_nothing_private_is_on_a_server_span(signals: Signals, app: Flask, path: str) -> None:
    """Neither path, query, user agent, baggage nor the text of an exception gets there."""
    headers = {
        "User-Agent": CANARY,
        "Referer": CANARY,
        "Cookie": CANARY,
        "baggage": f"who={CANARY}",
    }
    raw = {"RAW_URI": path, "REQUEST_URI": path}
    served(
        signals,
        app,
        "GET",
        path,
        query_string={"q": CANARY},
        headers=headers,
        environ_overrides=raw,
    )
    assert not seen(signals)


@pytest.mark.fault(76)
def test_an_exception_that_nobody_handles_is_not_quoted(signals: Signals, app: Flask) -> None:
    """The span is failed by the status; the exception's text stays out of it."""
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(LookupError):
        app.test_client().get("/crash")
    (span,) = signals.spans()
    assert (span.name, span.status) == ("GET /crash", "error")
    assert not seen(signals)


def seen(signals: Signals) -> bool:
    """Whether the canary is on a span, in whichever place."""
    return any("canary" in span.to_json() for span in signals.finished())


@pytest.mark.fault(73)
@pytest.mark.parametrize("flags", ["00", "01"])
@pytest.mark.parametrize("app", ["through the edge"], indirect=True)
def test_a_strangers_context_becomes_a_link(signals: Signals, app: Flask, flags: str) -> None:
    """The span is a new root that is sampled by our own choice; the edge alone knows strangers."""
    environ = {
        UNTRUSTED_CONTEXT: {"traceparent": f"00-{TRACE}-{SPAN}-{flags}", "tracestate": "a=1"}
    }
    _, span = served(signals, app, "GET", "/items/7", environ_overrides=environ)
    (link,) = signals.finished()[0].links
    assert (span.parent_id, span.links, span.trace_id == TRACE) == ("", (TRACE,), False)
    assert (format_span_id(link.context.span_id), dict(link.context.trace_state)) == (SPAN, {})


@pytest.mark.fault(73)
@pytest.mark.parametrize("app", ["through the edge"], indirect=True)
def test_a_stranger_is_not_followed_whatever_headers_say(signals: Signals, app: Flask) -> None:
    """A header that names a parent counts only where the edge told of no stranger."""
    environ = {UNTRUSTED_CONTEXT: {"traceparent": PARENT}}
    headers = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    _, span = served(signals, app, "GET", "/items/7", environ_overrides=environ, headers=headers)
    assert (span.parent_id, span.links) == ("", (TRACE,))


@pytest.mark.fault(73)
@pytest.mark.parametrize("carrier", [{}, {"traceparent": ""}, {"traceparent": "x" * 10_000}])
def test_a_malformed_context_is_ignored(
    signals: Signals, app: Flask, carrier: dict[str, str]
) -> None:
    """There is nothing to link to, and no error."""
    environ = {UNTRUSTED_CONTEXT: carrier}
    status, span = served(signals, app, "GET", "/items/7", environ_overrides=environ)
    assert (status, span.links, span.parent_id) == (200, (), "")


def test_a_trusted_context_is_the_parent(signals: Signals, app: Flask) -> None:
    """What the edge leaves in the headers is followed."""
    _, span = served(signals, app, "GET", "/items/7", headers={"traceparent": PARENT})
    assert (span.trace_id, span.parent_id, span.links) == (TRACE, SPAN, ())


def test_a_copy_of_the_requests_context_does_not_end_its_span(signals: Signals, app: Flask) -> None:
    """As Flask offers it for threads of one's own, which may end before the request."""

    def view() -> str:
        copy_current_request_context(str)()
        return str(get_current_span().is_recording())

    app.add_url_rule("/copied", "copied", view)
    assert app.test_client().get("/copied").text == "True"
    assert [span.name for span in signals.spans()] == ["GET /copied"]


def test_lines_inside_a_request_carry_its_span(signals: Signals, app: Flask) -> None:
    """The SERVER span is current while the view runs."""
    log = signals.telemetry.logs.logger("x")
    app.add_url_rule("/logs", "logs", lambda: str(log.info("e")))
    _, span = served(signals, app, "GET", "/logs")
    (line,) = signals.lines("e")
    assert (line["trace_id"], line["span_id"]) == (span.trace_id, span.span_id)


class Scripted(BaseAdapter):
    """Answers, or raises, without any network."""

    def __init__(self, answer: int | Exception) -> None:
        super().__init__()
        self.answer = answer
        self.headers: dict[str, str] = {}

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Do as the script says."""
        self.headers = dict(request.headers)
        if isinstance(self.answer, Exception):
            raise self.answer
        response = requests.Response()
        response.status_code, response.request = self.answer, request
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def _outgoing(signals: Signals) -> Iterator[None]:
    instrument_requests(signals.telemetry)
    yield
    RequestsInstrumentor().uninstrument()


def sent(
    answer: int | Exception, url: str, template: str = "", method: str = "GET"
) -> dict[str, str]:
    """The headers of one request that went out through an instrumented session."""
    with requests.Session() as session:
        adapter = Scripted(answer)
        session.mount("http://", adapter)
        request = session.prepare_request(requests.Request(method, url))
        if template:
            request.url_template = template  # type: ignore[attr-defined]  # what our requests bring
        try:
            session.send(request)
        except requests.RequestException:
            return adapter.headers
    return adapter.headers


@pytest.mark.usefixtures("_outgoing")
def test_an_attempt_is_one_client_span_named_by_its_template(signals: Signals) -> None:
    """The url is told with the template in place of the path, and the context goes along."""
    with signals.observe("operation", SpanKind.INTERNAL):
        headers = sent(200, f"http://api:81/items/{CANARY}?q={CANARY}", "/items/{name}")
    span, operation = signals.spans()
    assert (span.name, span.kind, span.parent_id, span.status) == (
        "GET /items/{name}",
        "client",
        operation.span_id,
        "unset",
    )
    assert {key: span.attributes[key] for key in ("url.full", "url.template")} == {
        "url.full": "http://api:81/items/{name}",
        "url.template": "/items/{name}",
    }
    assert headers["traceparent"].startswith(f"00-{span.trace_id}-{span.span_id}-")
    assert not seen(signals)


@pytest.mark.fault(76)
@pytest.mark.usefixtures("_outgoing")
@pytest.mark.parametrize("template", ["", "/items/{name}"])
def test_a_failed_attempt_quotes_nothing(signals: Signals, template: str) -> None:
    """Password, query and the error's text, which quotes the url, stay out of the span."""
    error = requests.ConnectionError(f"no route to http://api/items/{CANARY}")
    sent(error, f"http://ana:{CANARY.replace('@', '')}@api/items/7?q={CANARY}", template)
    (span,) = signals.spans()
    assert (span.status, span.attributes["error.type"]) == ("error", "ConnectionError")
    assert (signals.finished()[0].events, seen(signals)) == ((), False)
    assert span.attributes["url.full"] == f"http://api{template or '/items/7'}"


@pytest.mark.usefixtures("_outgoing")
@pytest.mark.parametrize(("status", "expected"), [(200, "unset"), (404, "error"), (503, "error")])
def test_a_client_span_fails_with_its_status(signals: Signals, status: int, expected: str) -> None:
    """As the conventions have it, 4xx and 5xx are errors of a client span."""
    sent(status, "http://api/items/7", "/items/{name}", "POST")
    (span,) = signals.spans()
    assert (span.name, span.status) == ("POST /items/{name}", expected)
    assert span.attributes["http.response.status_code"] == status


@pytest.mark.usefixtures("_outgoing")
def test_the_last_telemetry_takes_the_sessions_over(signals: Signals) -> None:
    """Instrumenting anew moves every session, and gives one span and not two."""
    with Signals() as later:
        instrument_requests(later.telemetry)
        sent(200, "http://api/items/7")
        (span,) = later.spans()
    assert (span.name, signals.spans()) == ("GET", [])
