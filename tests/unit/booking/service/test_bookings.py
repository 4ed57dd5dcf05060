"""The use cases, over a real store in a directory of the test's own."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.booking_shop import (
    CLIENT,
    LONG,
    MIDDLE,
    SHORT,
    SetClock,
    bookings_on,
    key_use,
    rendered,
    shop,
    slot_at,
    store_at,
    wall,
)

from booking.adapters.store import SqliteStore
from booking.domain.errors import (
    AppointmentCancelled,
    NotOffered,
    SlotTaken,
    UnknownAppointment,
    UnknownService,
    UnstorableText,
)
from booking.domain.model import Client, Status
from booking.service.bookings import Bookings
from booking.service.changes import BookingRequest
from booking.service.ports import Outcome

NINE = BookingRequest("srv-001", wall("2026-06-01T09:00"), CLIENT)
TEN = wall("2026-06-01T10:00")


class Desk:
    """The use cases with everything they were given."""

    def __init__(self, store: SqliteStore) -> None:
        self.clock = SetClock()
        self.outcomes: list[Outcome] = []
        self.use: Bookings = bookings_on(store, clock=self.clock, outcomes=self.outcomes)

    def book(self, request: BookingRequest = NINE) -> str:
        """Book and give the confirmation number."""
        return self.use.book(request, rendered).body.split()[0].decode()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with an empty store."""
    store = store_at(tmp_path)
    yield Desk(store)
    store.close()


def test_the_services_come_from_the_store(desk: Desk) -> None:
    """They are listed in the order of the business data."""
    assert list(desk.use.list_services()) == [MIDDLE, LONG, SHORT]


def test_availability_defaults_to_the_whole_horizon(desk: Desk) -> None:
    """Without dates all slots from today on are given, with who and what for."""
    found = desk.use.availability("srv-002")
    assert (found.service, found.provider) == (LONG, shop().provider)
    assert (found.slots[0], len(found.slots)) == (slot_at(9, service=LONG), 23 * 8)


@pytest.mark.fault(88)
def test_availability_never_covers_more_than_31_days(tmp_path: Path) -> None:
    """A request for ten thousand years is capped."""
    store = store_at(tmp_path)
    wide = bookings_on(store, business=shop(horizon_days=3000))
    slots = wide.availability("srv-002", date(2026, 6, 1), 3_650_000).slots
    store.close()
    assert shop().local(slots[-1].start).date() == date(2026, 7, 1)


def test_availability_of_an_unknown_service_is_refused(desk: Desk) -> None:
    """The caller learns that there is no such service."""
    with pytest.raises(UnknownService):
        desk.use.availability("srv-9")


def test_a_booking_is_rendered_reported_and_found(desk: Desk) -> None:
    """The reply is what was rendered, the outcome is created, and the appointment is there."""
    reply = desk.use.book(NINE, rendered)
    number = reply.body.split()[0].decode()
    assert (reply.status, reply.body) == (200, f"{number} 01 13:00 confirmed 1".encode())
    assert desk.outcomes == [Outcome.CREATED]
    found = desk.use.find(number.lower())
    assert (found.slot, found.client, found.service) == (slot_at(9), CLIENT, MIDDLE)


def test_a_taken_slot_comes_with_alternatives(desk: Desk) -> None:
    """The second client of a slot is told the next five free ones of the same service."""
    desk.book()
    with pytest.raises(SlotTaken) as caught:
        desk.book(BookingRequest("srv-003", wall("2026-06-01T09:20"), CLIENT))
    free = [(9, 40), (10, 0), (10, 20), (10, 40), (11, 0)]
    assert list(caught.value.alternatives) == [slot_at(h, m, service=SHORT) for h, m in free]
    assert desk.outcomes == [Outcome.CREATED, Outcome.CONFLICT]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (NINE._replace(service_id="srv-9"), UnknownService),
        (NINE._replace(start=wall("2026-06-01T09:10")), NotOffered),
        (NINE._replace(client=Client("a\0b", "a@b", "1")), UnstorableText),
    ],
)
@pytest.mark.parametrize("key", [None, key_use()])
def test_a_bad_request_is_invalid_with_and_without_a_key(
    desk: Desk, request_: BookingRequest, error: type[Exception], key: None
) -> None:
    """A request against the rules is refused, reported once, and leaves no row and no key."""
    with pytest.raises(error):
        desk.use.book(request_, rendered, key)
    assert desk.outcomes == [Outcome.INVALID]
    assert desk.use.book(NINE, rendered, key).outcome is Outcome.CREATED


def test_a_replay_outlives_the_slot(desk: Desk) -> None:
    """A retry that arrives when the slot has begun still gets the stored reply."""
    first = desk.use.book(NINE, rendered, key_use())
    desk.clock.advance(hours=2)
    again = desk.use.book(NINE, rendered, key_use())
    assert (again.status, again.body, again.replayed) == (first.status, first.body, True)
    assert desk.outcomes == [Outcome.CREATED, Outcome.REPLAYED]


def test_a_move_frees_the_old_slot(desk: Desk) -> None:
    """After a move the appointment has its new slot, and the old one can be booked."""
    number = desk.book()
    reply = desk.use.move(number, TEN, rendered)
    assert reply.body == f"{number} 01 14:00 confirmed 2".encode()
    desk.book()
    assert desk.outcomes == [Outcome.CREATED, Outcome.RESCHEDULED, Outcome.CREATED]


def test_a_move_onto_a_taken_slot_changes_nothing(desk: Desk) -> None:
    """The mover keeps the old slot and is told alternatives."""
    number = desk.book()
    desk.book(NINE._replace(start=TEN))
    with pytest.raises(SlotTaken) as caught:
        desk.use.move(number, TEN, rendered)
    assert caught.value.alternatives[0] == slot_at(10, 30)
    assert desk.use.find(number).slot == slot_at(9)


def test_a_move_to_the_same_start_does_nothing(desk: Desk) -> None:
    """It is answered like a move, and is no event."""
    number = desk.book()
    reply = desk.use.move(number, NINE.start, rendered)
    assert (reply.outcome, reply.body.endswith(b"confirmed 1")) == (None, True)
    assert desk.outcomes == [Outcome.CREATED]


def test_a_cancelled_slot_can_be_booked_again(desk: Desk) -> None:
    """Cancelling frees the time and keeps the appointment."""
    number = desk.book()
    desk.use.cancel(number, rendered)
    desk.book()
    assert desk.use.find(number).status is Status.CANCELLED


@pytest.mark.fault(45)
def test_cancelling_twice_gives_the_same_answer(desk: Desk) -> None:
    """The second answer is the first, and only the first is an event."""
    number = desk.book()
    first, second = (desk.use.cancel(number, rendered) for _ in range(2))
    assert (second.status, second.body) == (first.status, first.body)
    assert desk.outcomes == [Outcome.CREATED, Outcome.CANCELLED]


def test_a_cancelled_appointment_cannot_be_moved(desk: Desk) -> None:
    """Moving it is refused and invalid."""
    number = desk.book()
    desk.use.cancel(number, rendered)
    with pytest.raises(AppointmentCancelled):
        desk.use.move(number, TEN, rendered)
    assert desk.outcomes[-1] is Outcome.INVALID


@pytest.mark.fault(79)
@pytest.mark.parametrize("number", ["APPT-1001", "APPT-" + "0" * 16, "", "\0"])
def test_an_unknown_number_is_unknown_to_every_use(desk: Desk, number: str) -> None:
    """Malformed and absent numbers are answered alike by reading, moving and cancelling."""
    with pytest.raises(UnknownAppointment):
        desk.use.find(number)
    with pytest.raises(UnknownAppointment):
        desk.use.move(number, TEN, rendered)
    with pytest.raises(UnknownAppointment):
        desk.use.cancel(number, rendered)
