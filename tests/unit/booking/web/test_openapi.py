"""The OpenAPI document agrees with what is served."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from booking.web.operations import OPERATIONS
from booking.web.problems import KINDS
from resilience.edge.answers import REFUSALS, problem


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
    assert set(post) == {"201", "400", "404", "409", "413", "415", "422", "429", "500", "503"}
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


def test_what_the_edge_refuses_is_documented_too() -> None:
    """Each `type` that the edge answers with leads to an explanation."""
    documented = {kind.uri for kind in KINDS}
    answered = {json.loads(problem(refusal, "", ""))["type"] for refusal in REFUSALS}
    assert answered - documented == set()
