"""The span of an attempt says what the official instrumentation would say of it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import requests
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.utils import suppress_http_instrumentation
from opentelemetry.metrics import NoOpMeterProvider
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from tests.client_rig import Rig
from urllib3 import HTTPResponse

from resilience.telemetry.attempt_span import Send, with_attempt_spans
from resilience.telemetry.instrument import instrument_requests, release_requests
from resilience.testing.signals import Signals
from resilience.testing.transport import Reply

NAME = "GET /items/{id}"
ATTRIBUTES = {
    "http.request.method": "GET",
    "server.address": "service.test",
    "url.full": "http://service.test/items/{id}",
    "url.template": "/items/{id}",
}


class Answers(BaseAdapter):
    """Answers, or raises, as it was told."""

    def __init__(self, answer: Response | Exception) -> None:
        super().__init__()
        self.answer = answer
        self.headers: Mapping[str, str] = {}

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """Do as it was told."""
        self.headers = dict(request.headers)
        if isinstance(self.answer, Exception):
            raise self.answer
        self.answer.request = request
        return self.answer

    def close(self) -> None:
        """Nothing is open."""


def answer(status: int, version: int | None = 11) -> Response:
    """A response over HTTP/1.1, or another version in the notation of `http.client`."""
    response = Response()
    response.status_code = status
    if version is not None:
        response.raw = HTTPResponse(BytesIO(), status=status, version=version)
    return response


def unanswered(response: Any = None) -> Exception:
    """What requests raises when an exchange fails, perhaps after an answer."""
    return requests.ConnectionError("no route to /items/ana", response=response)


@pytest.fixture
def signals() -> Iterator[Signals]:
    """The three signals of one test."""
    with Signals() as found:
        yield found


@pytest.fixture
def plain(signals: Signals) -> Send:
    """`Session.send` as requests has it."""
    instrument_requests(signals.telemetry)  # chooses the conventions, which are read once
    release_requests()
    return requests.Session.send


@pytest.fixture
def official(signals: Signals, plain: Send) -> Iterator[Send]:
    """The same with the official instrumentation."""
    RequestsInstrumentor().instrument(
        tracer_provider=signals.telemetry.provider,
        meter_provider=NoOpMeterProvider(),
        request_hook=_as_the_attempt_says,
    )
    yield requests.Session.send
    release_requests()


def _as_the_attempt_says(span: Any, request: Any) -> None:
    span.update_name(request.span_name)
    span.set_attributes(request.span_attributes)


def told(send: Send, signals: Signals, adapter: BaseAdapter) -> tuple[Any, ...]:
    """What an attempt's span says, under a span of its operation, and where it leads."""
    with requests.Session() as session:
        session.mount("http://", adapter)
        request: Any = session.prepare_request(
            requests.Request("GET", "http://service.test/items/7")
        )
        request.span_name, request.span_attributes = NAME, ATTRIBUTES
        with signals.observe("operation"), suppress(requests.ConnectionError):
            send(session, request)
    span, operation = signals.spans()[-2:]
    carried = getattr(adapter, "headers", {}).get("traceparent", "")
    ours = {k: v for k, v in span.attributes.items() if k not in ONLY_OFFICIAL}
    return (
        (span.name, span.kind, span.status, ours),
        span.parent_id == operation.span_id,
        carried == f"00-{span.trace_id}-{span.span_id}-03",
    )


ONLY_OFFICIAL = {"user_agent.original", "network.peer.address"}
"""What the official instrumentation adds: what is always the same, and the host once more."""


@pytest.mark.parametrize(
    "outcome",
    [
        lambda: answer(200),
        lambda: answer(200, version=10),
        lambda: answer(200, version=None),
        lambda: answer(304),
        lambda: answer(404),
        lambda: answer(429),
        lambda: answer(503),
        unanswered,
        lambda: unanswered(answer(502)),
        lambda: unanswered("something else"),
    ],
)
def test_the_span_says_what_the_official_one_says(
    signals: Signals, plain: Send, official: Send, outcome: Any
) -> None:
    """Name, kind, status, attributes, parent, and the context that goes along."""
    ours = with_attempt_spans(official, plain, signals.telemetry.tracer)

    expected = told(official, signals, Answers(outcome()))
    assert told(ours, signals, Answers(outcome())) == expected
    assert expected[1:] == (True, True)


def test_what_is_no_attempt_gets_the_official_span(signals: Signals, plain: Send) -> None:
    """The sessions of others stay official, and the official way back is the way back from both."""
    instrument_requests(signals.telemetry)
    with requests.Session() as session:
        session.mount("http://", Answers(answer(200)))
        session.get("http://service.test/a")
    RequestsInstrumentor().uninstrument()
    assert requests.Session.send is plain
    scopes = [span.instrumentation_scope for span in signals.finished()]
    assert [scope and scope.name for scope in scopes] == ["opentelemetry.instrumentation.requests"]


def test_a_suppressed_attempt_has_no_span(signals: Signals, plain: Send, official: Send) -> None:
    """As the official instrumentation has it."""
    ours = with_attempt_spans(official, plain, signals.telemetry.tracer)
    with suppress_http_instrumentation(), requests.Session() as session:
        session.mount("http://", Answers(answer(200)))
        request: Any = session.prepare_request(requests.Request("GET", "http://service.test/a"))
        request.span_name, request.span_attributes = NAME, ATTRIBUTES
        assert ours(session, request).status_code == 200
    assert signals.spans() == []


def test_an_answer_tells_how_long_its_attempt_took(signals: Signals) -> None:
    """As requests has it, though an attempt goes past what requests does with an answer."""
    instrument_requests(signals.telemetry)
    try:
        answered = Rig(Reply(200, after_s=1.5)).get()
    finally:
        release_requests()
    assert answered.elapsed == timedelta(seconds=1.5)
