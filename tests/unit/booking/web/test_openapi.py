"""The OpenAPI document agrees with what is served."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.booking_api import BOOKING, MemoryStore, make_app
from werkzeug.test import TestResponse

from booking.domain.business import Business
from booking.web import answers
from booking.web.operations import OPERATIONS, PAGES, served
from booking.web.problems import KINDS

UNDESCRIBED = {route for route, _ in PAGES}


@pytest.fixture
def document(client: FlaskClient) -> Mapping[str, Any]:
    """The document as it is served."""
    found: Mapping[str, Any] = client.get("/openapi.json").get_json()
    return found


def references(part: object) -> Iterator[str]:
    """Every reference in a part of the document."""
    if isinstance(part, dict):
        yield from (part["$ref"],) if "$ref" in part else ()
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def routes(app: Flask) -> set[tuple[str, str]]:
    """What the application serves, methods that come for free left out."""
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in UNDESCRIBED
    }


def test_every_route_is_described_and_every_description_is_a_route(
    business: Business, store: MemoryStore
) -> None:
    """The list of operations and the routes are the same set."""
    app = make_app(business, store)
    assert routes(app) == {(each.method, each.rule) for each in OPERATIONS}


def test_the_document_is_openapi_3_1(document: Mapping[str, Any]) -> None:
    """The members that the standard asks for."""
    assert document["openapi"] == "3.1.0"
    assert set(document["info"]) >= {"title", "version"}
    assert set(document["paths"]) == {each.path for each in OPERATIONS}


def test_every_reference_leads_somewhere(document: Mapping[str, Any]) -> None:
    """And every schema is referred to."""
    wanted = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert wanted == set(document["components"]["schemas"])


def test_every_field_of_a_request_says_what_is_expected(document: Mapping[str, Any]) -> None:
    """What an error says, the schema says beforehand."""
    schemas = document["components"]["schemas"]
    for name in ("BookingBody", "ClientBody", "MoveBody", "CancelBody"):
        fields = schemas[name]["properties"]
        assert [field for field in fields if not fields[field].get("description")] == []
        assert schemas[name]["additionalProperties"] is False


def test_operations_list_their_errors_by_status(document: Mapping[str, Any]) -> None:
    """Each status of an operation's problems is a response of it."""
    post = document["paths"]["/appointments"]["post"]["responses"]
    assert set(post) == {"201", "400", "404", "409", "413", "415", "422", "500", "503"}
    assert "/problems/slot-taken" in post["409"]["description"]


def test_the_examples_work(client: FlaskClient, document: Mapping[str, Any]) -> None:
    """What the documentation shows can be sent as it is."""
    post = document["paths"]["/appointments"]["post"]["requestBody"]["content"]
    patch = document["paths"]["/appointments/{confirmation}"]["patch"]["requestBody"]["content"]
    query = document["paths"]["/availability"]["get"]["parameters"]
    body = post["application/json"]["examples"]["BookingBody"]["value"]
    made = client.post("/appointments", json=body)
    changes = [each["value"] for each in patch["application/json"]["examples"].values()]
    statuses = [client.patch(made.headers["Location"], json=each).status_code for each in changes]
    asked = client.get("/availability", query_string={p["name"]: p["example"] for p in query})
    assert (made.status_code, statuses, asked.status_code) == (201, [200, 200], 200)


def test_answers_are_what_their_schemas_promise(client: FlaskClient) -> None:
    """Every field of every answer is documented, and no documented field is missing."""
    made = client.post("/appointments", json=BOOKING)
    path = made.headers["Location"]
    given: list[tuple[type[answers.Answer], TestResponse]] = [
        (answers.ServicesAnswer, client.get("/services")),
        (answers.AvailabilityAnswer, client.get("/availability?service_id=srv-001&days=2")),
        (answers.DecidedAnswer, made),
        (answers.AppointmentAnswer, client.get(path)),
        (answers.DecidedAnswer, client.patch(path, json={"status": "cancelled"})),
        (answers.HealthAnswer, client.get("/health")),
        (answers.IndexAnswer, client.get("/")),
        (answers.ProblemAnswer, client.post("/appointments", json={})),
        (answers.ProblemAnswer, client.get("/nowhere")),
    ]
    for model, answer in given:
        assert model.model_validate_json(answer.data).model_dump(exclude_unset=True) == (
            answer.get_json()
        )


def test_what_can_be_served_is_known_beforehand() -> None:
    """Method, route and status of every answer, for label sets that are closed."""
    found = served(("429",))
    assert ("GET", "/services", "200") in found
    assert ("PATCH", "/appointments/<confirmation>", "429") in found
    assert ("GET", "/services", "409") not in found
    assert len(set(found)) == len(found)


def test_the_page_shows_every_operation_and_every_problem(client: FlaskClient) -> None:
    """Each has an anchor, which the type of a problem leads to."""
    page = client.get("/docs").text
    for operation in OPERATIONS:
        assert f'<section id="{operation.name}">' in page
    for kind in KINDS:
        assert f'<section id="problem-{kind.slug}">' in page
        assert client.get(kind.uri).headers["Location"] == f"/docs#problem-{kind.slug}"


def test_the_page_needs_nothing_from_elsewhere(client: FlaskClient) -> None:
    """No script, no foreign resource, and a policy that forbids both."""
    answer = client.get("/docs")
    for outside in ("<script", "<link", "<img", "src=", "@import", "url(", 'href="http'):
        assert outside not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert (answer.content_type, answer.headers["X-Content-Type-Options"]) == (
        "text/html; charset=utf-8",
        "nosniff",
    )


def test_business_data_cannot_break_out_of_the_page(business: Business) -> None:
    """Whatever stands in the document is text on the page."""
    app = make_app(business, MemoryStore(business), base_url="http://x/<b>'\"")
    assert "<b>" not in app.test_client().get("/docs").text
