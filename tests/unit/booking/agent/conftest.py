"""A booking API that exists only in memory."""

from collections.abc import Sequence

import pytest

from booking.agent.errors import NotFree
from booking.agent.model import Availability, Booking, Offer, Person, Provider, Slot, Wish

OFFER = Offer(id="srv-001", name="General Consultation", duration_minutes=30)
ADA = Person(name="Ada", email="ada@example.com", phone="+1 555 0100")


def slot(start: str, date: str = "2026-12-01") -> Slot:
    """A free start."""
    return Slot(date=date, start_time=start, end_time="23:59", day="Tuesday")


def wish(start: str, *, take_next: bool = False, service: str = "srv-001") -> Wish:
    """What Ada wants."""
    return Wish(service, "2026-12-01", start, ADA, take_next)


class FakeApi:
    """An `Api` whose free starts are listed, and some of which are taken when booked."""

    def __init__(self, free: Sequence[str], taken: Sequence[str] = ()) -> None:
        self.free = [slot(start) for start in free]
        self.taken = set(taken)
        self.booked: list[tuple[str, str]] = []

    def services(self) -> Sequence[Offer]:
        """One service."""
        return [OFFER]

    def availability(self, service_id: str, date_from: str | None) -> Availability:
        """What is listed as free."""
        return Availability(
            service=OFFER,
            available_slots=self.free,
            total_slots=len(self.free),
            assigned_person=Provider(name="Dr. Garcia"),
            location="Downtown",
        )

    def book(self, wish: Wish, start: tuple[str, str], key: str) -> Booking:
        """Booked, unless the start is taken."""
        self.booked.append((start[1], key))
        if start[1] in self.taken:
            others = [s for s in self.free if s.start_time not in self.taken]
            raise NotFree("This slot is taken.", others)
        return booking(start)

    def show(self, confirmation: str) -> Booking:
        """Not needed here."""
        raise NotImplementedError

    def move(self, confirmation: str, start: tuple[str, str], key: str) -> Booking:
        """Not needed here."""
        raise NotImplementedError

    def cancel(self, confirmation: str, key: str) -> Booking:
        """Not needed here."""
        raise NotImplementedError


def booking(start: tuple[str, str]) -> Booking:
    """An appointment at a start."""
    return Booking(
        confirmation_number="APPT-0123456789ABCDEF",
        service_id="srv-001",
        service_name="General Consultation",
        date=start[0],
        start_time=start[1],
        end_time="23:59",
        duration_minutes=30,
        client=ADA,
        assigned_person=Provider(name="Dr. Garcia"),
        location="Downtown",
        status="confirmed",
        created_at="2026-11-23T00:00:00Z",
    )


@pytest.fixture
def api() -> FakeApi:
    """Nine, ten and eleven are free."""
    return FakeApi(["09:00", "10:00", "11:00"])
