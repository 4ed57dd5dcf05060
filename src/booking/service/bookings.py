"""The use cases."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from booking.domain.business import Business
from booking.domain.confirmation import RandomBytes, parse_confirmation
from booking.domain.errors import Refused, SlotTaken
from booking.domain.model import Appointment, Provider, Service, Slot
from booking.service.changes import BookingRequest, Change, Changes, refusal
from booking.service.diary import Diary
from booking.service.idempotency import KeyUse
from booking.service.ports import Outcome, Render, Reply, Report, Store, UtcClock, Write

MAX_DAYS = 31


class Availability(NamedTuple):
    """The free slots of a service, in their order."""

    service: Service
    slots: Sequence[Slot]
    provider: Provider


class Bookings:
    """The use cases over one business and one store; safe to share between threads.

    `clock` gives the time, `random_bytes` the confirmation numbers (`secrets.token_bytes`);
    `report` hears the outcome of each write, after it is durable and outside every lock.
    Every method may raise StoreUnavailable; those with a key also KeyReused and KeyInFlight.
    """

    def __init__(
        self,
        *,
        business: Business,
        store: Store,
        clock: UtcClock,
        random_bytes: RandomBytes,
        report: Report,
    ) -> None:
        self.business = business
        self._store = store
        self._clock = clock
        self._report = report
        self._diary = Diary(business, store)
        self._changes = Changes(business, store, clock, random_bytes)

    def list_services(self) -> Sequence[Service]:
        """The services on offer, as the store has them."""
        return self._store.services()

    def availability(
        self, service_id: str, date_from: date | None = None, days: int | None = None
    ) -> Availability:
        """The free slots of `days` days (the horizon; at most 31) from `date_from` (today) on.

        Raises UnknownService.
        """
        service = self.business.service(service_id)
        now = self._clock.utc_now()
        first = date_from or self.business.local(now).date()
        wanted = self.business.horizon_days + 1 if days is None else days
        slots = self._diary.free(service, first, min(wanted, MAX_DAYS), now)
        return Availability(service, list(slots), self.business.provider)

    def find(self, confirmation: str) -> Appointment:
        """The appointment with this number; raises UnknownAppointment."""
        return self._store.find(parse_confirmation(confirmation))

    def book(self, request: BookingRequest, render: Render, key: KeyUse | None = None) -> Reply:
        """Book a slot. Raises UnknownService, NotOffered, UnstorableText, SlotTaken."""
        return self._write(lambda: self._changes.booking(request, render), key, Write.BOOK)

    def move(
        self, confirmation: str, start: datetime, render: Render, key: KeyUse | None = None
    ) -> Reply:
        """Move an appointment to another start of its service; the old slot becomes free.

        Raises UnknownAppointment, AppointmentCancelled, NotOffered, SlotTaken.
        """
        return self._write(
            lambda: self._changes.move(confirmation, start, render), key, Write.CHANGE
        )

    def cancel(self, confirmation: str, render: Render, key: KeyUse | None = None) -> Reply:
        """Cancel an appointment; once more gives the same answer. Raises UnknownAppointment."""
        return self._write(
            lambda: self._changes.cancellation(confirmation, render), key, Write.CHANGE
        )

    def _write(self, plan: Callable[[], Change], key: KeyUse | None, write: Write) -> Reply:
        try:
            reply = self._execute(_planned(plan, key, write), key)
        except Refused:
            self._report(Outcome.INVALID)
            raise
        if reply.outcome is not None:
            self._report(reply.outcome)
        return reply

    def _execute(self, change: Change, key: KeyUse | None) -> Reply:
        try:
            return self._store.execute(change.work, key=key, write=change.write)
        except SlotTaken:
            self._report(Outcome.CONFLICT)
            raise SlotTaken(self._alternatives(change)) from None

    def _alternatives(self, change: Change) -> list[Slot]:
        if change.wanted is None:
            return []
        return self._diary.after(*change.wanted, self._clock.utc_now())


def _planned(plan: Callable[[], Change], key: KeyUse | None, write: Write) -> Change:
    try:
        return plan()
    except Refused as error:
        if key is None:
            raise
        return refusal(error, write)
