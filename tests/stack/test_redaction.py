"""The second line of defence: what should never be in a signal does not get through."""

import json
from collections.abc import Mapping

from tests.canaries import PERSON, found_in
from tests.stack import jaeger_api
from tests.stack.http import eventually, get, get_text
from tests.stack.otlp import ERROR, Made, send
from tests.stack.processes import Process
from tests.stack.stack import Stack

LEAK: Mapping[str, str | int] = {
    "client.name": PERSON["name"],
    "user.full_name": PERSON["name"],
    "http.request.header.authorization": "Bearer zoe.canarybird@feathers.example",
    "http.request.body": json.dumps(PERSON),
    "url.query": "email=zoe.canarybird%40feathers.example",
    "url.path": "/people/zoe.canarybird%40feathers.example",
    "booking.note": f"call {PERSON['phone']} or write to {PERSON['email']}",
    "booking.email": PERSON["email"],
    "http.response.status_code": 500,
}


def test_a_careless_span_reaches_jaeger_without_the_person(
    stack: Stack, jaeger: Process, collector: Process
) -> None:
    """Neither attributes, resource, name, status nor event tell who it was; the rest stays."""
    careless = Made(
        trace=0xD1,
        name=f"GET /people/{PERSON['email']}",
        status=ERROR,
        message=f"{PERSON['name']} is unknown",
        attributes=LEAK,
        event={"exception.type": "KeyError", "exception.message": PERSON["name"]},
    )
    where = stack.where
    send(where.collector_http, [careless], resource={"host.owner": PERSON["name"]})
    [span] = jaeger_api.settled(where.jaeger, careless.trace_id, 1)
    assert (
        found_in(json.dumps(get(where.jaeger, f"/api/traces/{careless.trace_id}")).encode()) == []
    )
    assert (span.name, span.attributes["http.response.status_code"]) == ("GET /people/****", 500)
    assert span.attributes["url.path"] == "/people/****"
    assert span.attributes["booking.note"] == "call **** or write to ****"


def test_a_careless_span_names_no_series(stack: Stack, jaeger: Process, collector: Process) -> None:
    """Span metrics are made behind the redaction, not before it."""
    careless = Made(trace=0xD2, name=f"SEND {PERSON['email']}")
    send(stack.where.collector_http, [careless], service="careless")
    text = eventually(
        lambda: get_text(stack.where.span_metrics, "/metrics"), lambda text: 'SEND ****"' in text
    )
    assert found_in(text.encode()) == []
