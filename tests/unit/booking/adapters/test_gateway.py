"""Tests of `booking.adapters.gateway`."""

from typing import Any

import pytest

from booking.adapters.gateway import OPERATIONS, Gateway
from booking.agent.errors import NotFree, Refused
from booking.agent.model import Booking, Person, Provider, Wish
from resilience.errors import OutcomeUnknown, ProtocolError
from resilience.http_client import ProtectedSession
from resilience.options import ClientOptions
from resilience.testing.clock import FakeClock
from resilience.testing.transport import Reply, ScriptedTransport, Turn

APPOINTMENT = {
    "confirmation_number": "APPT-0123456789ABCDEF",
    "service_id": "srv-001",
    "service_name": "General Consultation",
    "date": "2026-12-01",
    "start_time": "09:00",
    "end_time": "09:30",
    "duration_minutes": 30,
    "client": {"name": "Ada", "email": "ada@example.com", "phone": "+1 555 0100"},
    "assigned_person": {"name": "Dr. Garcia", "specialty": "General Practice"},
    "location": "Downtown",
    "status": "confirmed",
    "created_at": "2026-11-23T00:00:00Z",
}
BOOKED = {"success": True, "appointment": APPOINTMENT, "message": "Booked."}
ADA = Person(name="Ada", email="ada@example.com", phone="+1 555 0100")
WISH = Wish("srv-001", "2026-12-01", "09:00", ADA)
START = ("2026-12-01", "09:00")


def gateway(*script: Turn, **options: Any) -> tuple[Gateway, ScriptedTransport]:
    """A gateway over a session that plays a script in virtual time."""
    clock = FakeClock()
    transport = ScriptedTransport(*script, clock=clock)
    session = ProtectedSession(
        ClientOptions(base_url="http://api.test", operations=OPERATIONS),
        clock=clock,
        transport=transport,
        random=lambda: 0.5,
    )
    return Gateway(session, **options), transport


def test_booking_is_sent_and_read() -> None:
    """A booking carries the wish, the key, and comes back as an appointment."""
    api, transport = gateway(Reply(201, json=BOOKED))
    booked = api.book(WISH, START, "k-1")
    (sent,) = transport.sent
    assert booked == Booking.model_validate(APPOINTMENT)
    assert booked.assigned_person == Provider(name="Dr. Garcia", specialty="General Practice")
    assert (sent.method, sent.url, sent.headers["Idempotency-Key"]) == (
        "POST",
        "http://api.test/appointments",
        "k-1",
    )


def test_key_and_user_are_forwarded_together() -> None:
    """With the secret the user's address goes along; without it nothing does."""
    keyed, with_key = gateway(Reply(201, json=BOOKED), key="s" * 16, user="127.0.0.9")
    plain, without = gateway(Reply(201, json=BOOKED), user="127.0.0.9")
    keyed.book(WISH, START, "k")
    plain.book(WISH, START, "k")
    names = ("X-Trusted-Key", "X-Forwarded-For")
    assert [with_key.sent[0].headers.get(name) for name in names] == ["s" * 16, "127.0.0.9"]
    assert [without.sent[0].headers.get(name) for name in names] == [None, None]


def test_start_that_is_not_offered_is_not_free() -> None:
    """A 422 for a start outside the opening hours becomes NotFree with the API's sentence."""
    api, _ = gateway(Reply(422, json={"type": "/problems/not-offered", "error": "Closed then."}))
    with pytest.raises(NotFree, match=r"^Closed then\.$") as raised:
        api.book(WISH, START, "k")
    assert raised.value.alternatives == ()


def test_taken_slot_brings_alternatives() -> None:
    """A 409 for a taken slot becomes NotFree with what the API offers instead."""
    free = {"date": "2026-12-01", "day": "Tuesday", "start_time": "10:00", "end_time": "10:30"}
    problem = {"type": "/problems/slot-taken", "error": "Taken.", "alternatives": [free]}
    api, _ = gateway(Reply(409, json=problem))
    with pytest.raises(NotFree) as raised:
        api.book(WISH, START, "k")
    assert (str(raised.value), [s.start for s in raised.value.alternatives]) == (
        "Taken.",
        [("2026-12-01", "10:00")],
    )


def test_refusal_keeps_the_sentence() -> None:
    """Any other 4xx becomes Refused with the API's own sentence, after one attempt."""
    api, transport = gateway(Reply(422, json={"type": "/problems/x", "error": "Bad date."}))
    with pytest.raises(Refused) as raised:
        api.book(WISH, START, "k")
    assert (raised.value.status, str(raised.value), len(transport.sent)) == (422, "Bad date.", 1)


@pytest.mark.fault(14)
@pytest.mark.parametrize(
    "content", [{}, [], {"appointment": {}}, {"appointment": {**APPOINTMENT, "status": 7}}]
)
def test_senseless_answer_is_asked_for_again_with_the_same_key(content: object) -> None:
    """A 201 of the wrong form is no success: the same key is sent again until one makes sense."""
    api, transport = gateway(Reply(201, json=content), Reply(201, json=BOOKED))
    assert api.book(WISH, START, "k").confirmation_number == "APPT-0123456789ABCDEF"
    assert [sent.headers["Idempotency-Key"] for sent in transport.sent] == ["k", "k"]


@pytest.mark.fault(14)
def test_answer_that_never_makes_sense_leaves_the_outcome_unknown() -> None:
    """A booking whose every answer is senseless may have taken effect, and is told as such."""
    api, transport = gateway(*[Reply(201, json={})] * 4)
    with pytest.raises(OutcomeUnknown):
        api.book(WISH, START, "k")
    assert len(transport.sent) == 4


def test_senseless_list_is_a_protocol_error() -> None:
    """A reading whose answer has the wrong form says where it is wrong."""
    api, _ = gateway(*[Reply(json={"services": [{"id": 1}]})] * 4)
    with pytest.raises(ProtocolError) as raised:
        api.services()
    assert str(raised.value) == (
        "the answer is not a Services: wrong at services.0.duration_minutes, services.0.id, "
        "services.0.name"
    )


@pytest.mark.parametrize("confirmation", ["../services", "a/b", "é", "x" * 65, "a?b", ""])
def test_only_confirmation_numbers_reach_a_path(confirmation: str) -> None:
    """Text that cannot be a confirmation number is refused before anything is sent."""
    api, transport = gateway()
    with pytest.raises(Refused) as raised:
        api.show(confirmation)
    assert (raised.value.status, transport.sent) == (404, [])
