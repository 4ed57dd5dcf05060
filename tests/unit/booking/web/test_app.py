"""The application as a whole: its headers, its signals, and strangers at its door."""

import base64
import json
import unicodedata
from collections.abc import Mapping
from inspect import iscoroutinefunction
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.booking_api import BOOKING, CLIENT, MemoryStore, booking, make_app

from booking.domain.business import Business
from resilience.testing.signals import Signals

CANARIES = {
    "name": "Zoë Canary-Quux",
    "email": "zoe.canary-quux@example.org",
    "phone": "+1 646 555 0199",
}


@pytest.mark.fault(90)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/services", None),
        ("GET", "/availability?service_id=srv-001", None),
        ("POST", "/appointments", BOOKING),
        ("GET", "/appointments/APPT-0000000000000001", None),
        ("PATCH", "/appointments/APPT-0000000000000001", {"status": "cancelled"}),
        ("GET", "/health", None),
        ("GET", "/nowhere", None),
        ("FOO", "/services", None),
    ],
)
def test_no_answer_may_be_stored_or_sniffed(
    client: FlaskClient, method: str, path: str, body: Mapping[str, Any] | None
) -> None:
    """Good and bad answers carry the same two headers."""
    headers = client.open(path, method=method, json=body).headers
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == (
        "no-store",
        "nosniff",
    )


def test_head_and_options_are_answered(client: FlaskClient) -> None:
    """HEAD is GET without a body; OPTIONS lists the methods."""
    head, options = client.head("/services"), client.options("/appointments")
    methods = set(options.headers["Allow"].split(", "))
    assert (head.status_code, head.data, methods) == (200, b"", {"OPTIONS", "POST"})


def test_none_of_its_functions_is_a_coroutine(
    business: Business, store: MemoryStore, signals: Signals
) -> None:
    """The application says so itself, and Flask would not await one."""
    app = make_app(business, store, signals)
    hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    found = [
        *app.view_functions.values(),
        *(hook for each in hooks for named in each.values() for hook in named),
        *(
            handler
            for by_code in app.error_handler_spec.values()
            for by_class in by_code.values()
            for handler in by_class.values()
        ),
    ]
    assert len(found) > 10
    assert not [function for function in found if iscoroutinefunction(function)]


@pytest.mark.parametrize("host", ["example.com", "a:b:c", "<script>", "", "x" * 5_000])
def test_the_host_header_is_not_looked_at(client: FlaskClient, host: str) -> None:
    """No answer depends on what a caller calls this service, and none repeats it."""
    answers = [
        client.get(path, environ_overrides={"HTTP_HOST": host, "PATH_INFO": path})
        for path in ("/services", "/docs", "")
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert client.get("/docs").data == answers[1].data


def test_a_use_case_is_a_span_round_those_of_the_database(
    watched: FlaskClient, signals: Signals
) -> None:
    """The names and attributes of the conventions, and the parent that they belong under."""
    watched.get("/availability?service_id=srv-001")
    query, use_case = signals.spans()
    assert (query.name, query.kind, dict(query.attributes), query.parent_id) == (
        "SELECT claims",
        "client",
        {
            "db.system.name": "sqlite",
            "db.operation.name": "SELECT",
            "db.collection.name": "claims",
            "db.query.summary": "SELECT claims",
        },
        use_case.span_id,
    )
    assert (use_case.name, use_case.kind) == ("get_availability", "internal")


@pytest.mark.fault(76)
def test_no_personal_data_reaches_any_signal_or_error(
    watched: FlaskClient, signals: Signals, store: MemoryStore
) -> None:
    """Neither the words nor any usual spelling of them leave the store and the good answers."""
    errors = list(canary_requests(watched, store))
    told = [*errors, repr(signals.spans()), *(json.dumps(dict(x)) for x in signals.lines())]
    told += [repr(sample) for sample in signals.samples()]
    found = [spelling for text in told for spelling in spellings() if spelling in text]
    assert (len(errors), found) == (7, [])
    assert signals.total("booking_appointments_total") == 6


def canary_requests(client: FlaskClient, store: MemoryStore) -> list[str]:
    """Do everything with the canaries' data, and return the error answers."""
    name, email = CANARIES["name"], CANARIES["email"]
    path = client.post("/appointments", json=booking(client=CANARIES)).headers["Location"]
    client.patch(path, json={"date": "2026-12-02", "start_time": "09:30"})
    texts = [
        client.post("/appointments", json=booking(date="2026-12-02", client=CANARIES)).text,
        client.post("/appointments", json=booking(client={**CANARIES, "name": name + "\n"})).text,
        client.post("/appointments", json=booking(**{email: email}, client=CANARIES)).text,
        client.post("/appointments", data=name, content_type="application/json").text,
        client.get("/availability", query_string={"service_id": email, name: name}).text,
        client.get(f"/{quote(name)}?email={email}").text,
    ]
    store.error = RuntimeError(json.dumps(CANARIES))
    return [*texts, client.post("/appointments", json=booking(client=CANARIES)).text]


def spellings() -> set[str]:
    """Each canary as text, escaped, encoded, in capitals and decomposed."""
    found = set()
    for text in (*CANARIES.values(), "Canary-Quux", "canary-quux"):
        found |= {text, quote(text), json.dumps(text)[1:-1], text.upper(), text.lower()}
        found |= {unicodedata.normalize("NFD", text), base64.b64encode(text.encode()).decode()}
    return found


TEXT = st.text(max_size=40)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
NEAR = st.fixed_dictionaries(
    {},
    optional={
        "service_id": st.sampled_from(["srv-001", "srv-002", "srv-999"]) | VALUE,
        "date": st.dates().map(str) | st.sampled_from(["2026-12-01", "2026-12-02"]) | VALUE,
        "start_time": st.times().map(lambda at: f"{at:%H:%M}") | st.just("09:30") | VALUE,
        "status": st.just("cancelled") | VALUE,
        "client": st.fixed_dictionaries({}, optional=dict.fromkeys(CLIENT, TEXT)) | VALUE,
    },
)
REFUSALS = {200, 201, 400, 404, 409, 413, 415, 422}
ROUND = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def stranger(business: Business) -> FlaskClient:
    """A client of one application for a whole round, with one appointment in it."""
    client = make_app(business, MemoryStore(business)).test_client()
    client.post("/appointments", json=BOOKING)
    return client


@pytest.mark.fault(80, 81)
@ROUND
@given(document=NEAR | VALUE, method=st.sampled_from(["POST", "PATCH"]))
def test_no_document_is_ever_a_500(stranger: FlaskClient, document: object, method: str) -> None:
    """Whatever JSON arrives, it is carried out or refused."""
    path = "/appointments" if method == "POST" else "/appointments/APPT-0000000000000001"
    answer = stranger.open(
        path, method=method, data=json.dumps(document), content_type="application/json"
    )
    assert answer.status_code in REFUSALS
    assert answer.get_json()["success"] is (answer.status_code < 400)


@pytest.mark.fault(81)
@ROUND
@given(body=st.binary(max_size=300), key=TEXT, content_type=st.just("application/json") | TEXT)
def test_no_bytes_are_ever_a_500(
    stranger: FlaskClient, body: bytes, key: str, content_type: str
) -> None:
    """Whatever bytes arrive, under whatever headers, they are refused."""
    environ = {
        "HTTP_IDEMPOTENCY_KEY": key.encode().decode("latin-1"),
        "CONTENT_TYPE": content_type.encode("utf-8", "replace").decode("latin-1"),
    }
    answer = stranger.post("/appointments", data=body, environ_overrides=environ)
    assert answer.status_code in {400, 415, 422}


@pytest.mark.fault(79, 88)
@ROUND
@given(query=st.dictionaries(st.sampled_from(["service_id", "date_from", "days"]) | TEXT, TEXT))
def test_no_query_and_no_number_is_ever_a_500(
    stranger: FlaskClient, query: Mapping[str, str]
) -> None:
    """Whatever is asked for, it is answered or refused."""
    asked = [stranger.get("/availability", query_string=query)]
    asked += [stranger.get("/appointments/" + quote(text, safe="")) for text in query.values()]
    assert {answer.status_code for answer in asked} <= {200, 404, 422}
