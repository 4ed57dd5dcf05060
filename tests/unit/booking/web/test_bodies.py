"""The JSON of strangers."""

import json

import pytest
from flask.testing import FlaskClient

from booking.web.bodies import parse_json
from booking.web.problems import MALFORMED_JSON, Problem

MALFORMED = {
    "nothing": b"",
    "cut off": b'{"a":',
    "two documents": b"{} {}",
    "nesting of 20,000": b"[" * 20_000 + b"]" * 20_000,
    "objects nested 10,000 deep": b'{"":' * 10_000 + b"1" + b"}" * 10_000,
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "the same member twice": b'{"a": 1, "a": 2}',
    "the same member twice, deep inside": b'{"a": [{"b": 1, "\\u0062": 2}]}',
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-32 without a mark": '{"a": 1}'.encode("utf-32-le"),
    "bytes that are no text": b'{"a": "\xff"}',
    "a raw control character": b'{"a": "\x01"}',
    "a number of 5,000 digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "a comment": b'{"a": 1 /* one */}',
}


@pytest.mark.fault(81)
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_one_json_document_is_malformed(body: bytes) -> None:
    """Anything but one JSON document in UTF-8 is refused with the same kind of problem."""
    with pytest.raises(Problem) as caught:
        parse_json(body)
    assert caught.value.kind is MALFORMED_JSON


@pytest.mark.fault(81)
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_json_is_answered_with_400(client: FlaskClient, body: bytes) -> None:
    """Over HTTP the same bodies get a 400 for both methods that take one."""
    headers = {"Content-Type": "application/json"}
    answers = [
        client.post("/appointments", data=body, headers=headers),
        client.patch("/appointments/APPT-0000000000000001", data=body, headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [400, 400]


@pytest.mark.fault(81)
@pytest.mark.parametrize(
    "value",
    [None, [], "text", True, 0, -0.0, 2**63, 1e308, [[]], {}, {"service_id": 2**63}],
    ids=repr,
)
def test_json_of_another_shape_is_answered_with_422(client: FlaskClient, value: object) -> None:
    """Well-formed JSON that is not the expected object gets a 422."""
    body = json.dumps(value)
    answer = client.post("/appointments", data=body, content_type="application/json")
    assert answer.status_code == 422


@pytest.mark.fault(81)
@pytest.mark.parametrize("number", [b"-0", b"1e400", b"-1e400", b"1" * 4_000])
def test_extreme_numbers_are_answered_with_422(client: FlaskClient, number: bytes) -> None:
    """A number that no float or machine word holds is just a field of the wrong type."""
    body = b'{"service_id": ' + number + b"}"
    answer = client.post("/appointments", data=body, content_type="application/json")
    assert answer.status_code == 422


@pytest.mark.fault(81)
def test_lone_surrogates_are_answered_with_422(client: FlaskClient) -> None:
    """An escape that is half a character cannot be stored and is refused as a bad field."""
    body = json.dumps({"service_id": "\ud800", "client": {"name": "\udfff"}})
    answer = client.post("/appointments", data=body, content_type="application/json")
    assert answer.status_code == 422


@pytest.mark.fault(81)
def test_a_body_over_the_limit_is_answered_with_413(client: FlaskClient) -> None:
    """A body of more than 64 KiB is refused before it is parsed."""
    answer = client.post("/appointments", data=b" " * 65_537, content_type="application/json")
    problem = answer.get_json()
    assert (answer.status_code, problem["type"]) == (413, "/problems/body-too-large")


@pytest.mark.fault(81)
def test_a_long_string_is_answered_with_422(client: FlaskClient) -> None:
    """A string of 64,000 characters fits the body and fails its own limit."""
    answer = client.post("/appointments", json={"service_id": "x" * 64_000})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/jsonp", "application/json; charset=utf-16", "json"],
)
def test_another_media_type_is_answered_with_415(
    client: FlaskClient, content_type: str | None
) -> None:
    """A body must be declared as application/json, in UTF-8 if it says."""
    answer = client.post("/appointments", data=b"{}", content_type=content_type)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (415, None)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=UTF-8", "Application/JSON"],
)
def test_json_may_name_its_charset(client: FlaskClient, content_type: str) -> None:
    """The usual spellings of the media type are taken."""
    answer = client.post("/appointments", data=b"{}", content_type=content_type)
    assert answer.status_code == 422
