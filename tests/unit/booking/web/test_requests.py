"""What the API accepts, and what it says of the rest."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.booking_api import BOOKING, CLIENT, booking, with_client

from booking.domain.model import Client
from booking.web.problems import FieldError, Problem
from booking.web.requests import (
    Accepted,
    AvailabilityQuery,
    BookingBody,
    CancelBody,
    ClientBody,
    MoveBody,
    change_model,
)
from booking.web.validation import validated

BAD_DATES = [
    "2026-12-1",
    "2026-1-01",
    "26-12-01",
    "2026-02-29",
    "2026-13-01",
    "2026-W49-2",
    "2026-335",
    "20261201",
    "0000-01-01",
    "+2026-12-01",
    "2026-12-01T09:30",
    "2026-12-01\n",
    " 2026-12-01",
    "\u0662\u0660\u0662\u0666-12-01",
    "tomorrow",
    "",
]
BAD_TIMES = [
    "24:00",
    "9:30",
    "09:60",
    "09:30:00",
    "09:30Z",
    "09:30+01:00",
    "0930",
    "09.30",
    "T09:30",
    "\u0660\u0669:30",
    "09:30\n",
    "",
]
BAD_EMAILS = [
    "",
    "ada",
    "ada@",
    "@example.com",
    "ada@@example.com",
    "ada@example",
    "ada lovelace@example.com",
    "ada@example.com\r\nBcc: all@example.com",
    "Ada <ada@example.com>",
    "a" * 250 + "@example.com",
    "ada@exam\0ple.com",
    "ada\ud800@example.com",
]
BAD_PHONES = [
    "",
    "1234",
    "phone",
    "+1 212 555 0100 ext 7",
    "1" * 16,
    "+",
    "\u0661\u0662\u0663\u0664\u0665\u0666",
    "12345\n",
]
BAD_NAMES = ["", " ", "\u2003", "a\0b", "a\nb", "a\r\nb", "\x1b[2J", "a\x85b", "\ud800", "n" * 201]
GOOD_NAMES = [
    "A",
    "O'Brien; DROP TABLE appointments--",
    "100% _wild_",
    "{{ 7*7 }} ${7*7} <script>alert(1)</script>",
    '=HYPERLINK("http://example.com")',
    "Zoë Ünïcode",
    "Zoe\u0308",
    "שרה كريم",
    "👩\u200d⚕️ \U0001d49c\U0001d4b9",
    "\u202eada",
    "n" * 200,
]
NOT_STRINGS: list[object] = [None, 1, 1.5, True, [], {}, [["x"]]]


def errors_of(model: type[Accepted], document: object) -> list[FieldError]:
    """What is said of a document that is refused."""
    with pytest.raises(Problem) as caught:
        validated(model, document)
    return list(caught.value.fields)


def fields_of(model: type[Accepted], document: object) -> list[str]:
    """Which fields are said to be wrong."""
    return [error.field for error in errors_of(model, document)]


def test_a_booking_is_what_it_says() -> None:
    """A good document becomes the use case's request, with the client's words unchanged."""
    request = validated(BookingBody, BOOKING).request()
    assert request == ("srv-001", datetime(2026, 12, 1, 9, 30), Client(**CLIENT))  # noqa: DTZ001 - wall time


@pytest.mark.parametrize("given", [*BAD_DATES, *NOT_STRINGS], ids=ascii)
def test_only_a_calendar_date_is_a_date(given: object) -> None:
    """Week dates, short forms, other digits and other types are refused."""
    document = {**BOOKING, "date": given}
    assert fields_of(BookingBody, document) == ["date"]


@pytest.mark.parametrize("given", [*BAD_TIMES, *NOT_STRINGS], ids=ascii)
def test_only_hours_and_minutes_are_a_time(given: object) -> None:
    """24:00, seconds, zones and other types are refused."""
    document = {**BOOKING, "start_time": given}
    assert fields_of(BookingBody, document) == ["start_time"]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        *(("email", each) for each in BAD_EMAILS),
        *(("phone", each) for each in BAD_PHONES),
        *(("name", each) for each in BAD_NAMES),
        *((field, each) for field in CLIENT for each in NOT_STRINGS),
    ],
    ids=ascii,
)
def test_only_people_who_can_be_reached_are_clients(field: str, given: object) -> None:
    """Each part of a client has its own form."""
    assert fields_of(ClientBody, {**CLIENT, field: given}) == [field]


@pytest.mark.fault(85)
@pytest.mark.parametrize("name", GOOD_NAMES, ids=ascii)
def test_a_name_in_any_script_is_kept_as_it_is(client: FlaskClient, name: str) -> None:
    """A name is data: stored and answered character for character, whatever it looks like."""
    made = client.post("/appointments", json=with_client(name=name))
    shown = client.get(made.headers["Location"])
    assert [each.get_json()["appointment"]["client"]["name"] for each in (made, shown)] == [
        name,
        name,
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "o'brien+tag@mail.example.co.uk"},
        {"email": "Ada@EXAMPLE.com"},
        {"email": "用户@例子.广告"},
        {"phone": "(212) 555-0100"},
        {"phone": "+44 20 7946 0958"},
        {"phone": "12345"},
    ],
    ids=ascii,
)
def test_addresses_are_kept_as_they_were_typed(changes: Mapping[str, str]) -> None:
    """An address is checked, never rewritten."""
    given = {**CLIENT, **changes}
    assert validated(ClientBody, given).model_dump() == given


def test_errors_say_what_is_expected_for_each_field() -> None:
    """Every wrong field is listed at once, with its place and a sentence."""
    document = {"service_id": "srv 1", "date": "1.12.", "client": {"name": "Ada", "email": "ada"}}
    assert errors_of(BookingBody, document) == [
        FieldError(
            "service_id",
            "is not valid; expected the id of a service, as GET /services lists it",
        ),
        FieldError(
            "date",
            'is not valid; expected a date of the calendar as "YYYY-MM-DD", such as "2026-12-01"',
        ),
        FieldError(
            "start_time",
            'is missing; expected a time of day as "HH:MM" from "00:00" to "23:59", such as '
            '"09:30"',
        ),
        FieldError(
            "client.email",
            'is not valid; expected an e-mail address such as "ada@example.com", of 254 '
            "characters at most",
        ),
        FieldError(
            "client.phone",
            'is missing; expected a phone number of 5 to 15 digits such as "+1 212 555 0100", of '
            "40 characters at most",
        ),
    ]


@pytest.mark.fault(80)
@pytest.mark.parametrize(
    "extra",
    ["status", "confirmation_number", "confirmation", "version", "created_at", "id", "__proto__"],
)
def test_unknown_fields_are_refused_when_booking(client: FlaskClient, extra: str) -> None:
    """Nothing can be set that is not asked for."""
    answer = client.post("/appointments", json=booking(**{extra: "confirmed"}))
    assert (answer.status_code, answer.get_json()["fields"]) == (
        422,
        [
            {
                "field": "request",
                "error": "has a field that is not known; expected service_id, date, start_time "
                "and client",
            }
        ],
    )


@pytest.mark.fault(80)
@pytest.mark.parametrize(
    "document",
    [
        {"date": "2026-12-02", "start_time": "10:00", "service_id": "srv-002"},
        {"date": "2026-12-02", "start_time": "10:00", "duration_minutes": 5},
        {"date": "2026-12-02", "start_time": "10:00", "status": "cancelled"},
        {"date": "2026-12-02", "start_time": "10:00", "client": CLIENT},
        {"status": "cancelled", "confirmation_number": "APPT-0000000000000002"},
        {"status": "confirmed"},
        {"status": ["cancelled"]},
        {"date": "2026-12-02"},
        {"owner": "me"},
        {},
    ],
)
def test_only_two_changes_can_be_asked_for(
    client: FlaskClient, document: Mapping[str, Any]
) -> None:
    """A change is a move or a cancellation, whole and without anything else."""
    path = client.post("/appointments", json=BOOKING).headers["Location"]
    before = client.get(path).data
    answer = client.patch(path, json=document)
    assert (answer.status_code, client.get(path).data) == (422, before)


@pytest.mark.parametrize(
    ("document", "model"),
    [({"status": 1}, CancelBody), ({}, MoveBody), ([], MoveBody), ("status", MoveBody)],
)
def test_a_status_makes_a_change_a_cancellation(document: object, model: type[Accepted]) -> None:
    """Whatever else it holds, a document with a status is judged as a cancellation."""
    assert change_model(document) is model


@pytest.mark.parametrize(
    "document",
    [
        with_client(name="Can\nary"),
        with_client(email="canary@"),
        with_client(phone="canary"),
        with_client(canary="canary@example.com"),
        booking(date="canary"),
        booking(start_time="canary"),
        booking(service_id="canary canary"),
        booking(client="canary"),
        booking(**{"canary@example.com": 1}),
    ],
)
def test_errors_never_repeat_what_was_sent(
    client: FlaskClient, document: Mapping[str, Any]
) -> None:
    """Neither values nor names of unknown fields come back in an error."""
    answer = client.post("/appointments", json=document)
    assert answer.status_code == 422
    assert "anary" not in answer.text.lower()


def test_a_flood_of_wrong_fields_gets_a_short_answer(client: FlaskClient) -> None:
    """Thousands of unknown fields are one line of the answer."""
    document = {f"field{number}": number for number in range(3_000)}
    answer = client.post("/appointments", json=document)
    assert (answer.status_code, len(answer.get_json()["fields"])) == (422, 5)


@pytest.mark.fault(86)
@pytest.mark.parametrize(
    "given",
    ["a" * 60_000, "1" * 60_000, "a@" * 30_000, "(" * 60_000, "-" * 60_000, ("a." * 30_000) + "@"],
    ids=lambda given: given[:3],
)
@pytest.mark.parametrize("model", [ClientBody, BookingBody, MoveBody, AvailabilityQuery])
def test_long_texts_are_refused_at_once(model: type[Accepted], given: str) -> None:
    """Length comes first: no pattern is tried on a text that is too long for any field."""
    document = dict.fromkeys(model.model_fields, given)
    started_s = time.process_time()
    errors_of(model, document)
    assert time.process_time() - started_s < 0.01
