"""Each kind of change, checked as far as possible before it takes the store's time."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from booking.domain.business import Business
from booking.domain.confirmation import RandomBytes, new_confirmation, parse_confirmation
from booking.domain.errors import AppointmentCancelled, Refused
from booking.domain.model import Appointment, Client, Service, Slot, Status
from booking.domain.rules import require_offered, require_storable
from booking.service.ports import (
    Outcome,
    Render,
    Reply,
    Store,
    Transaction,
    UtcClock,
    Work,
    Write,
)


class BookingRequest(NamedTuple):
    """What a client asks for; `start` is naive wall time of the business."""

    service_id: str
    start: datetime
    client: Client


class Change(NamedTuple):
    """What to do in one transaction; `wanted` is the slot that it needs, with its service."""

    work: Work
    write: Write
    wanted: tuple[Service, Slot] | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Makes the changes of one business."""

    business: Business
    store: Store
    clock: UtcClock
    random_bytes: RandomBytes

    def booking(self, request: BookingRequest, render: Render) -> Change:
        """A new appointment. Raises UnknownService, NotOffered, UnstorableText."""
        now = self.clock.utc_now()
        service = self.business.service(request.service_id)
        slot = require_offered(self.business, service, request.start, now)
        appointment = Appointment(
            confirmation=new_confirmation(self.random_bytes),
            service=service,
            provider_id=self.business.provider.id,
            slot=slot,
            client=require_storable(request.client),
            created_at=now.replace(microsecond=0),
        )
        reply = Reply(*render(appointment), Outcome.CREATED)

        def work(transaction: Transaction) -> Reply:
            transaction.add(appointment)
            return reply

        return Change(work, Write.BOOK, (service, slot))

    def move(self, confirmation: str, start: datetime, render: Render) -> Change:
        """Another start of the same service. Raises UnknownAppointment, NotOffered."""
        known = self.store.find(parse_confirmation(confirmation))
        service = self.business.service(known.service.id)
        slot = require_offered(self.business, service, start, self.clock.utc_now())

        def work(transaction: Transaction) -> Reply:
            found = transaction.get(known.confirmation)
            if found.status is Status.CANCELLED:
                raise AppointmentCancelled
            if found.slot == slot:
                return Reply(*render(found), None)
            return Reply(*render(transaction.move(found, slot)), Outcome.RESCHEDULED)

        return Change(work, Write.CHANGE, (service, slot))

    def cancellation(self, confirmation: str, render: Render) -> Change:
        """The end of an appointment. Raises UnknownAppointment."""
        number = parse_confirmation(confirmation)

        def work(transaction: Transaction) -> Reply:
            found = transaction.get(number)
            if found.status is Status.CANCELLED:
                return Reply(*render(found), None)
            return Reply(*render(transaction.cancel(found)), Outcome.CANCELLED)

        return Change(work, Write.CHANGE)


def refusal(error: Refused, write: Write) -> Change:
    """A change that is refused, unless its key has a stored reply from when it was not."""

    def work(_transaction: Transaction) -> Reply:
        raise error

    return Change(work, write)
