"""Booking, moving and cancelling."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.booking_api import BOOKING, CLIENT, booking

from booking.service.ports import Outcome
from resilience.testing.signals import Signals

MOVE = {"date": "2026-12-02", "start_time": "10:00"}
CANCEL = {"status": "cancelled"}
MADE = {
    "confirmation_number": "APPT-0000000000000001",
    "service_id": "srv-001",
    "service_name": "General Consultation",
    "date": "2026-12-01",
    "start_time": "09:30",
    "end_time": "10:00",
    "duration_minutes": 30,
    "client": CLIENT,
    "assigned_person": {"name": "Dr. Garcia", "specialty": "General Practice"},
    "location": "Downtown Medical Center",
    "time_zone": "America/New_York",
    "status": "confirmed",
    "created_at": "2026-11-30T15:00:00Z",
}


def book(client: FlaskClient, **changes: Any) -> str:
    """Book and return the appointment's path."""
    return str(client.post("/appointments", json=booking(**changes)).headers["Location"])


def test_a_booking_is_answered_with_everything_about_it(client: FlaskClient) -> None:
    """201 with the appointment, a sentence, and the place where it can be seen."""
    answer = client.post("/appointments", json=BOOKING)
    assert (answer.status_code, answer.headers["Location"], answer.get_json()) == (
        201,
        "/appointments/APPT-0000000000000001",
        {
            "success": True,
            "appointment": MADE,
            "message": "Booked: General Consultation with Dr. Garcia on Tuesday, 2026-12-01, at "
            "09:30 (America/New_York).",
        },
    )


def test_a_move_changes_date_and_time_alone(client: FlaskClient) -> None:
    """The rest of the appointment stays as it was."""
    answer = client.patch(book(client), json=MOVE)
    moved = {**MADE, "date": "2026-12-02", "start_time": "10:00", "end_time": "10:30"}
    assert (answer.status_code, answer.get_json()) == (
        200,
        {
            "success": True,
            "appointment": moved,
            "message": "Moved: General Consultation with Dr. Garcia on Wednesday, 2026-12-02, at "
            "10:00 (America/New_York).",
        },
    )


def test_a_cancellation_is_the_same_answer_every_time(client: FlaskClient) -> None:
    """The second cancellation changes nothing and says the same."""
    path = book(client)
    answers = [client.patch(path, json=CANCEL) for _ in range(2)]
    assert [(answer.status_code, answer.data) for answer in answers] == [(200, answers[0].data)] * 2
    assert answers[0].get_json()["appointment"] == {**MADE, "status": "cancelled"}


def test_a_taken_slot_is_answered_with_the_next_free_ones(client: FlaskClient) -> None:
    """409 with up to five alternatives of the same service, and no Retry-After."""
    book(client, start_time="10:30")
    book(client)
    answer = client.post("/appointments", json=BOOKING)
    alternatives = answer.get_json()["alternatives"]
    assert (answer.status_code, answer.headers.get("Retry-After")) == (409, None)
    assert alternatives[0] == {
        "date": "2026-12-01",
        "day": "Tuesday",
        "start_time": "10:00",
        "end_time": "10:30",
    }
    assert [slot["start_time"] for slot in alternatives[1:]] == [
        "11:00",
        "11:30",
        "12:00",
        "12:30",
    ]


@pytest.mark.parametrize(
    ("document", "status", "kind"),
    [
        (booking(service_id="srv-999"), 404, "unknown-service"),
        (booking(date="2026-12-05"), 422, "not-offered"),
        (booking(date="2026-11-29"), 422, "not-offered"),
        (booking(date="2027-12-01"), 422, "not-offered"),
        (booking(date="0001-01-01"), 422, "not-offered"),
        (booking(date="9999-12-31"), 422, "not-offered"),
        (booking(start_time="13:30"), 422, "not-offered"),
        (booking(start_time="09:31"), 422, "not-offered"),
        (booking(start_time="00:00"), 422, "not-offered"),
    ],
)
def test_what_is_not_offered_cannot_be_booked(
    client: FlaskClient, document: Mapping[str, Any], status: int, kind: str
) -> None:
    """Each rule of the business is a sentence in a problem of its own kind."""
    answer = client.post("/appointments", json=document)
    assert (answer.status_code, answer.get_json()["type"]) == (status, f"/problems/{kind}")


def test_a_cancelled_appointment_cannot_be_moved(client: FlaskClient) -> None:
    """Its time is gone; the answer says to book a new one."""
    path = book(client)
    client.patch(path, json=CANCEL)
    answer = client.patch(path, json=MOVE)
    assert (answer.status_code, answer.get_json()["type"]) == (
        409,
        "/problems/appointment-cancelled",
    )


def decided(signals: Signals) -> dict[str, float]:
    """How often each outcome was counted, where it was."""
    counted = {
        outcome.value: signals.value("booking_appointments_total", result=outcome.value)
        for outcome in Outcome
    }
    return {outcome: count for outcome, count in counted.items() if count}


@pytest.mark.parametrize(
    ("method", "document", "span", "result"),
    [
        ("POST", booking(start_time="11:00"), "create_appointment", "created"),
        ("POST", BOOKING, "create_appointment", "conflict"),
        ("POST", {}, "create_appointment", "invalid"),
        ("POST", booking(service_id="srv-999"), "create_appointment", "invalid"),
        ("PATCH", MOVE, "reschedule_appointment", "rescheduled"),
        ("PATCH", {"date": "2026-12-01"}, "reschedule_appointment", "invalid"),
        ("PATCH", CANCEL, "cancel_appointment", "cancelled"),
        ("PATCH", {"status": "open"}, "cancel_appointment", "invalid"),
    ],
)
def test_each_decision_is_told_once_in_the_span_of_its_use_case(
    watched: FlaskClient,
    signals: Signals,
    method: str,
    document: Mapping[str, Any],
    span: str,
    result: str,
) -> None:
    """One more count, one line and one attribute, and no span is failed by an answer."""
    path = book(watched)
    asked = path if method == "PATCH" else "/appointments"
    earlier = len(signals.spans(span))
    watched.open(asked, method=method, json=document)
    spans = signals.spans(span)[earlier:]
    lines = signals.lines("booking.appointment")[1:]
    assert [(each.attributes["booking.result"], each.status) for each in spans] == [
        (result, "unset")
    ]
    assert [(line["result"], line["span_id"]) for line in lines] == [(result, spans[0].span_id)]
    assert sum(decided(signals).values()) == 2
    assert {each.status for each in signals.spans()} == {"unset"}


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_unreadable_body_is_an_invalid_request(
    watched: FlaskClient, signals: Signals, method: str
) -> None:
    """A body that is no JSON is decided too, although nobody knows what it asked for."""
    path = "/appointments" if method == "POST" else "/appointments/APPT-0000000000000001"
    watched.open(path, method=method, data=b"{", content_type="application/json")
    assert decided(signals) == {"invalid": 1.0}
