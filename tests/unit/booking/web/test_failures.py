"""Every error becomes an answer that tells nothing it should not."""

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response
from flask import request as flask_request
from flask.testing import FlaskClient
from tests.booking_api import BOOKING, Heard, MemoryStore, make_app
from werkzeug.exceptions import ImATeapot, NotFound

from booking.domain import errors
from booking.domain.business import Business
from booking.domain.errors import BookingError, NotOfferedReason, StoreFault
from booking.web.agent import create_agent_app
from booking.web.failures import Failures
from booking.web.rendering import Rendering
from resilience.context import request_id
from resilience.testing.signals import Signals

RAISED: dict[Exception, tuple[int, str]] = {
    errors.UnknownService("x", ["a"]): (404, "unknown-service"),
    errors.UnknownAppointment(): (404, "unknown-appointment"),
    errors.NotOffered(NotOfferedReason.PAST, "wrong", "offered"): (422, "not-offered"),
    errors.AppointmentCancelled(): (409, "appointment-cancelled"),
    errors.UnstorableText("name", "text"): (422, "invalid-fields"),
    errors.KeyReused(): (422, "idempotency-key-reused"),
    errors.SlotTaken(): (409, "slot-taken"),
    errors.KeyInFlight(): (409, "idempotency-key-in-flight"),
    errors.StoreUnavailable(StoreFault.BUSY, 7): (503, "store-unavailable"),
    ValueError("canary"): (500, "internal-error"),
    MemoryError(): (500, "internal-error"),
    RecursionError("canary"): (500, "internal-error"),
    NotFound("canary"): (404, "not-found"),
    ImATeapot("canary"): (400, "bad-request"),
}


def leaves(kind: type[BookingError]) -> Iterator[type[BookingError]]:
    """The errors that are raised, not those that group them."""
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from leaves(child) if child.__subclasses__() else (child,)


def test_every_error_of_booking_is_in_the_table() -> None:
    """A new error cannot be forgotten here."""
    assert set(leaves(BookingError)) <= {type(error) for error in RAISED}


@pytest.mark.fault(90)
@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [(error, *expected) for error, expected in RAISED.items()],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_error_has_a_problem(
    client: FlaskClient, store: MemoryStore, error: Exception, status: int, kind: str
) -> None:
    """Whatever is raised is answered as a problem document that shows nothing of it."""
    store.error = error
    answer = client.get("/services")
    problem = answer.get_json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert (problem["type"], problem["success"]) == (f"/problems/{kind}", False)
    assert problem["error"] == problem["detail"]
    assert (answer.content_type, answer.headers["Cache-Control"]) == (
        "application/problem+json",
        "no-store",
    )
    for secret in ("canary", "Traceback", "sqlite", ".py", "Error("):
        assert secret not in answer.text


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_retry_after_is_for_503_alone(
    client: FlaskClient, store: MemoryStore, error: Exception
) -> None:
    """Whole seconds on a 503; other answers have no such header."""
    store.error = error
    answer = client.get("/services")
    expected = "7" if answer.status_code == 503 else None
    assert answer.headers.get("Retry-After") == expected


def test_problems_carry_the_ids_of_the_request(watched: FlaskClient, signals: Signals) -> None:
    """The request id of the edge and the trace of the span that is current."""
    token = request_id.set("req-0123456789ab")
    with signals.observe("server"):
        problem = watched.get("/nowhere").get_json()
    request_id.reset(token)
    assert problem == {
        "type": "/problems/not-found",
        "title": "Not found",
        "status": 404,
        "detail": "Nothing is served under this path; see GET /docs.",
        "success": False,
        "error": "Nothing is served under this path; see GET /docs.",
        "request_id": "req-0123456789ab",
        "trace_id": signals.spans("server")[0].trace_id,
    }


def test_an_unforeseen_error_is_one_log_line_and_a_failed_span(
    watched: FlaskClient, store: MemoryStore, signals: Signals
) -> None:
    """The line has the trace of what failed, and the caller has an id to quote."""
    store.error = LookupError("canary")
    watched.get("/services")
    lines = signals.lines("http.unhandled_error")
    assert [(line["level"], line["exception"].splitlines()[-1]) for line in lines] == [
        ("error", "LookupError")
    ]
    assert [(span.name, span.status) for span in signals.spans()] == [
        ("SELECT services", "error"),
        ("list_services", "error"),
    ]


def test_a_store_that_cannot_answer_fails_the_spans(
    watched: FlaskClient, store: MemoryStore, signals: Signals
) -> None:
    """Unlike a refusal, an outage is the service's own failure."""
    store.error = errors.StoreUnavailable(StoreFault.IO)
    watched.post("/appointments", json=BOOKING)
    assert {(span.status, span.attributes["error.type"]) for span in signals.spans()} == {
        ("error", "StoreUnavailable")
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "FOO"])
def test_a_wrong_method_is_answered_with_those_that_are_right(
    client: FlaskClient, method: str
) -> None:
    """405 with the Allow header."""
    answer = client.open("/services", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.fault(83)
@pytest.mark.parametrize(
    "path",
    [
        "/services/",
        "//services",
        "/../services",
        "/services%00",
        "/services%0a",
        "/%2fservices",
        "/%ff",
        "/appointments/a/b",
        "/problems/none",
        "/x" * 30_000,
    ],
)
def test_other_paths_are_not_found(client: FlaskClient, path: str) -> None:
    """Nothing is redirected, decoded twice or shortened."""
    answer = client.get("/services", environ_overrides={"PATH_INFO": path})
    assert (answer.status_code, answer.get_json()["type"]) == (404, "/problems/not-found")


@pytest.mark.fault(90)
def test_the_handler_of_unforeseen_errors_tells_the_logger(business: Business) -> None:
    """Exactly one line, with the error itself for the log's own way of writing it."""
    heard, app = Heard(), Flask("t", static_folder=None)
    Failures(Rendering(business), trace_id=str, logger=heard).install(app)
    error = OSError("canary")

    def fails() -> str:
        raise error

    app.get("/")(fails)
    assert app.test_client().get("/").status_code == 500
    assert heard.lines == [("http.unhandled_error", {"exc_info": error})]


@pytest.mark.fault(90)
def test_answers_say_nothing_of_what_serves_them(business: Business, store: MemoryStore) -> None:
    """No product names or versions in the headers of any answer."""
    client = make_app(business, store).test_client()
    headers = [
        name
        for path in ("/services", "/docs", "/nowhere")
        for name, _ in client.get(path).headers
        if name in ("Server", "X-Powered-By", "Via")
    ]
    assert headers == []


def _nobody(user: object) -> Any:
    raise AssertionError(f"{user} needs no API for this")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/health", 405), ("GET", "/health", 200)],
)
@pytest.mark.parametrize("of", ["the API", "the agent"])
def test_a_request_goes_as_soon_as_it_is_answered(
    business: Business, store: MemoryStore, of: str, method: str, path: str, status: int
) -> None:
    """It may hold a failure, whose frames must not hold it: no collector is waited for."""
    app = create_agent_app(_nobody, logger=Heard())
    if of == "the API":
        app = make_app(business, store)
    held: list[weakref.ref[object]] = []

    @app.after_request
    def hold(response: Response) -> Response:
        held.append(weakref.ref(flask_request._get_current_object()))  # type: ignore[attr-defined]  # of the proxy
        return response

    gc.disable()
    try:
        answer = app.test_client().open(path, method=method)
        assert answer.status_code == status
        answer.close()
        del answer
        assert held[0]() is None
    finally:
        gc.enable()
