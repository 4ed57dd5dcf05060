"""Services, free slots, appointments and health."""

import time
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient
from tests.booking_api import BOOKING, MemoryStore

from booking.domain.errors import StoreFault, StoreUnavailable


def test_services_are_listed_as_the_store_has_them(client: FlaskClient, store: MemoryStore) -> None:
    """Each request reads the store and shows id, name and duration."""
    answers = [client.get("/services").get_json() for _ in range(2)]
    listed = [
        {"id": "srv-001", "name": "General Consultation", "duration_minutes": 30},
        {"id": "srv-002", "name": "Specialized Consultation", "duration_minutes": 60},
        {"id": "srv-003", "name": "Follow-up Appointment", "duration_minutes": 20},
    ]
    assert answers == [{"success": True, "services": listed, "total": 3}] * 2
    assert store.reads == 2


def test_availability_shows_the_free_slots_in_wall_time(client: FlaskClient) -> None:
    """Taken time is left out, and the zone of the times is named."""
    client.post("/appointments", json=BOOKING)
    answer = client.get("/availability?service_id=srv-002&date_from=2026-12-01&days=1").get_json()
    slots = [(slot["date"], slot["day"], slot["start_time"]) for slot in answer["available_slots"]]
    hours = ["10:00", "11:00", "12:00", "14:00", "15:00", "16:00", "17:00"]
    assert slots == [("2026-12-01", "Tuesday", hour) for hour in hours]
    assert {**answer, "available_slots": None} == {
        "success": True,
        "service": {
            "id": "srv-002",
            "name": "Specialized Consultation",
            "duration_minutes": 60,
        },
        "available_slots": None,
        "total_slots": 7,
        "assigned_person": {"name": "Dr. Garcia", "specialty": "General Practice"},
        "location": "Downtown Medical Center",
        "time_zone": "America/New_York",
    }


def last_date(client: FlaskClient, query: str) -> str:
    """The date of the last free slot."""
    slots = client.get(f"/availability?service_id=srv-003{query}").get_json()["available_slots"]
    return str(slots[-1]["date"])


@pytest.mark.fault(88)
def test_availability_ends_with_the_horizon(client: FlaskClient) -> None:
    """Whatever range is asked for, nothing past the last day that can be booked is listed."""
    ends = {last_date(client, query) for query in ("", "&days=31", "&days=32", "&days=9999")}
    assert ends == {"2026-12-30"}


@pytest.mark.fault(88)
@pytest.mark.parametrize("first", ["0001-01-01", "1970-01-01", "2027-01-01", "9999-12-31"])
def test_a_date_far_away_has_no_slots(client: FlaskClient, first: str) -> None:
    """Ranges wholly outside of what can be booked are empty, and quickly so."""
    started_s = time.process_time()
    answer = client.get(f"/availability?service_id=srv-001&date_from={first}&days=9999")
    elapsed_s = time.process_time() - started_s
    assert (answer.status_code, answer.get_json()["total_slots"]) == (200, 0)
    assert elapsed_s < 0.05


@pytest.mark.fault(88)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "service_id"),
        ("service_id=", "service_id"),
        ("service_id=srv%20001", "service_id"),
        ("service_id=%00", "service_id"),
        ("service_id=%ff", "service_id"),
        ("service_id=..%2f..%2fetc", "service_id"),
        ("service_id=" + "s" * 65, "service_id"),
        ("service_id=srv-001&date_from=", "date_from"),
        ("service_id=srv-001&date_from=10000-01-01", "date_from"),
        ("service_id=srv-001&date_from=2026-W49-2", "date_from"),
        ("service_id=srv-001&days=0", "days"),
        ("service_id=srv-001&days=-1", "days"),
        ("service_id=srv-001&days=3650000", "days"),
        ("service_id=srv-001&days=1e3", "days"),
        ("service_id=srv-001&days=%D9%A3", "days"),
        ("service_id=srv-001&page=2", "request"),
        ("service_id=srv-001&service_id=srv-002", "query"),
    ],
)
def test_a_bad_query_is_answered_with_422(client: FlaskClient, query: str, field: str) -> None:
    """Each wrong parameter is named, with what is expected of it."""
    answer = client.get(f"/availability?{query}")
    fields = [each["field"] for each in answer.get_json()["fields"]]
    assert (answer.status_code, fields) == (422, [field])


def test_an_unknown_service_is_not_found(client: FlaskClient) -> None:
    """The answer names the services that there are."""
    answer = client.get("/availability?service_id=srv-999")
    assert (answer.status_code, answer.get_json()["error"]) == (
        404,
        "There is no such service; the services are srv-001, srv-002, srv-003.",
    )


@pytest.mark.fault(79)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_every_guess_gets_the_same_answer(client: FlaskClient, method: str) -> None:
    """Malformed, short, plausible and near numbers cannot be told apart, nor can many guesses."""
    made = client.post("/appointments", json=BOOKING).headers["Location"].rsplit("/", 1)[1]
    near = made[:-1] + ("7" if made[-1] != "7" else "8")
    guesses = ["1", "APPT-1001", "APPT-", near, made + "0", made[:-1], "%20", "é", "x" * 2_000]
    guesses += [f"APPT-{number:016d}" for number in range(100, 1_100)]
    body = None if method == "GET" else {"status": "cancelled"}
    answers = {
        (answer.status_code, answer.data, str(answer.headers))
        for guess in guesses
        for answer in [client.open(f"/appointments/{guess}", method=method, json=body)]
    }
    assert [status for status, _, _ in answers] == [404]


def test_an_appointment_is_shown_as_it_was_answered_when_booked(client: FlaskClient) -> None:
    """The same fields, by any spelling of the number."""
    made = client.post("/appointments", json=BOOKING)
    shown = client.get(made.headers["Location"].lower())
    assert shown.get_json() == {
        "success": True,
        "appointment": made.get_json()["appointment"],
    }


def test_health_tells_that_the_database_answers(client: FlaskClient, store: MemoryStore) -> None:
    """Health is only claimed after a look at the store."""
    answer = client.get("/health")
    assert (answer.get_json(), store.reads) == (
        {"success": True, "status": "ok", "database": "ok"},
        1,
    )


@pytest.mark.fault(90)
def test_health_without_a_database_says_no_more_than_that(
    client: FlaskClient, store: MemoryStore
) -> None:
    """A store that cannot answer makes the service unhealthy, without a word of why."""
    store.error = StoreUnavailable(StoreFault.DAMAGED, 60)
    answer = client.get("/health")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "damaged" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status", "location"),
    [
        ({"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, 303, "/docs"),
        ({"Accept": "*/*"}, 200, None),
        ({}, 200, None),
        ({"Accept": "application/json"}, 200, None),
    ],
)
def test_the_root_leads_people_to_the_documentation(
    client: FlaskClient, headers: Mapping[str, str], status: int, location: str | None
) -> None:
    """A browser is sent to the page; a program gets links."""
    answer = client.get("/", headers=dict(headers))
    assert (answer.status_code, answer.headers.get("Location")) == (status, location)
