"""Tests of `booking.web.agent`."""

from ipaddress import ip_address
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.unit.booking.agent.conftest import FakeApi, booking
from werkzeug.test import TestResponse

from booking.agent.errors import Refused
from booking.agent.model import Booking, Wish
from booking.web.agent import STATUSES, answers, create_agent_app
from resilience.arrival import ARRIVAL, Arrival
from resilience.edge.identity import Identity, client_key
from resilience.errors import CircuitBreakerOpen, OutcomeUnknown
from resilience.telemetry.logs import get_logger

CLIENT = {"name": "Ada", "email": "ada@example.com", "phone": "+1 555 0100"}
WISH = {"service_id": "srv-001", "date": "2026-12-01", "start_time": "10:00", "client": CLIENT}


class BrokenApi(FakeApi):
    """Fails every booking with `error`."""

    def __init__(self, error: Exception) -> None:
        super().__init__(["10:00", "11:00"])
        self.error = error

    def book(self, wish: Wish, start: tuple[str, str], key: str) -> Booking:
        """Never booked."""
        raise self.error


def client_of(api: FakeApi) -> FlaskClient:
    """A client of the agent that has this API."""
    return create_agent_app(lambda _: api, logger=get_logger("test")).test_client()


def book(api: FakeApi, key: str = "", **changes: Any) -> TestResponse:
    """The agent's answer to a wish."""
    headers = {"Idempotency-Key": key} if key else {}
    return client_of(api).post("/book", json={**WISH, **changes}, headers=headers)


@pytest.fixture
def api() -> FakeApi:
    """Ten and eleven are free."""
    return FakeApi(["10:00", "11:00"])


def test_booking_is_answered_with_the_appointment_and_its_key(api: FakeApi) -> None:
    """A booking is a 201 with the whole appointment, a sentence, and the key that was used."""
    answer = book(api, key="mine")
    assert (answer.status_code, answer.headers["Idempotency-Key"], answer.get_json()) == (
        201,
        "mine",
        {
            "success": True,
            "appointment": booking(("2026-12-01", "10:00")).model_dump(),
            "message": "Booked General Consultation on 2026-12-01 at 10:00.",
        },
    )


def test_without_a_key_each_booking_gets_its_own(api: FakeApi) -> None:
    """A caller who sends no key has a fresh one made for each booking."""
    keys = {book(api).headers["Idempotency-Key"] for _ in range(2)}
    assert (len(keys), {len(key) for key in keys}) == (2, {32})


def test_repeated_key_is_asked_for_again_though_the_start_is_gone(api: FakeApi) -> None:
    """The caller's own booking takes the start, and so must not stand in the repeat's way."""
    api.free.pop(0)
    answer = book(api, key="mine")
    assert (answer.status_code, api.booked) == (201, [("10:00", "mine")])


def test_start_that_is_gone_is_a_409_with_others(api: FakeApi) -> None:
    """Without leave to take another, the alternatives are listed and nothing is booked."""
    answer = book(api, start_time="10:30")
    found = answer.get_json()
    assert (answer.status_code, found["type"], api.booked) == (409, "/problems/slot-taken", [])
    assert [slot["start_time"] for slot in found["alternatives"]] == ["11:00"]


def test_next_start_is_taken_on_request(api: FakeApi) -> None:
    """With on_taken "take", the next free start is booked."""
    answer = book(api, start_time="10:30", on_taken="take")
    assert answer.get_json()["appointment"]["start_time"] == "11:00"


def test_unknown_outcome_says_what_to_repeat() -> None:
    """The answer has the start and the key with which the same request finds out what became."""
    answer = book(BrokenApi(OutcomeUnknown("?")), key="mine")
    found = answer.get_json()
    assert (answer.status_code, found["type"]) == (502, "/problems/outcome-unknown")
    assert answer.headers["Idempotency-Key"] == "mine"
    assert found["repeat"] == {"date": "2026-12-01", "start_time": "10:00"}


def test_resting_circuit_says_when_to_come_back() -> None:
    """An open circuit is a 503 with Retry-After and a sentence with the same seconds."""
    answer = book(BrokenApi(CircuitBreakerOpen("api", 41.2)))
    assert (answer.status_code, answer.headers["Retry-After"], answer.get_json()["error"]) == (
        503,
        "42",
        "The booking service is resting, try again in 42 s.",
    )


def test_refusal_keeps_its_status_and_sentence() -> None:
    """What the API refuses is refused with the same status in the same words."""
    answer = book(BrokenApi(Refused(422, "That cannot be.")))
    assert (answer.status_code, answer.get_json()["error"]) == (422, "That cannot be.")


def test_unknown_path_points_to_what_is_served(api: FakeApi) -> None:
    """A 404 sends the caller to a path that this service has."""
    client = client_of(api)
    sentence = client.get("/nope").get_json()["error"]
    assert sentence == "Nothing is served under this path; see GET /."
    assert client.get("/").get_json()["links"] == {"book": "POST /book", "health": "/health"}
    assert client.get("/health").get_json() == {"success": True, "status": "ok"}


def test_each_route_lists_its_own_and_the_edges_statuses() -> None:
    """The label sets hold every status of a route, each once."""
    listed = list(answers(["429", "431"]))
    assert len(listed) == len(set(listed))
    assert ("GET", "/health", "431") in listed
    assert {(method, route) for method, route, _ in listed} == set(STATUSES)


@pytest.mark.fault(60)
@pytest.mark.parametrize(
    ("peer", "counted_as"), [("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::/64")]
)
def test_user_is_forwarded_as_an_address_that_counts_alike(
    api: FakeApi, peer: str, counted_as: str
) -> None:
    """The API counts a user of the agent as the agent's own edge does, also over IPv6."""
    told: list[str] = []
    app = create_agent_app(lambda user: told.append(user) or api, logger=get_logger("test"))  # type: ignore[func-returns-value]  # append gives None, which the api replaces
    arrived = Arrival(0.0, "req-1", client_key(ip_address(peer)))
    app.test_client().post("/book", json=WISH, environ_overrides={ARRIVAL: arrived})
    seen = Identity((), "k" * 16).address("127.0.0.1", told[0].encode(), True)
    assert seen is not None
    assert client_key(seen) == counted_as
