"""For tests: the booking API over a store in memory, at a fixed time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from booking.adapters.tracing import query_spans, report_to
from booking.domain.business import Business
from booking.domain.errors import SlotTaken, UnknownAppointment
from booking.domain.model import Appointment, ConfirmationNumber, Service, Slot, Status
from booking.service.bookings import Bookings
from booking.service.idempotency import KeyUse
from booking.service.ports import Reply, Work, Write
from booking.web.app import create_app
from resilience.testing.signals import Signals

NOW = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in New York
CLIENT = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+1 212 555 0100"}
BOOKING = {"service_id": "srv-001", "date": "2026-12-01", "start_time": "09:30", "client": CLIENT}


class FixedClock:
    """Stands still."""

    def utc_now(self) -> datetime:
        """Always the same moment."""
        return NOW


class MemoryStore:
    """A store in memory; `error` is raised instead of any answer, `reply` given for any write."""

    def __init__(self, business: Business) -> None:
        self._business = business
        self.reset()

    def reset(self) -> None:
        """Be as new."""
        self.numbers = iter(range(1, 1_000_000))
        self.kept: dict[str, Appointment] = {}
        self.error: Exception | None = None
        self.reply: Reply | None = None
        self.keys: list[KeyUse | None] = []
        self.reads = 0
        self.query_span: Callable[[str, str], Any] = lambda *_: Opened()

    def services(self) -> Sequence[Service]:
        """The services."""
        with self.query_span("SELECT", "services"):
            self._fail()
            return list(self._business.services)

    def claimed(self, provider_id: str, cells: range) -> frozenset[int]:
        """The cells of appointments that are not cancelled."""
        with self.query_span("SELECT", "claims"):
            self._fail()
            held = [a.slot.cells() for a in self.kept.values() if a.status is Status.CONFIRMED]
            return frozenset(cell for each in held for cell in each)

    def find(self, confirmation: ConfirmationNumber) -> Appointment:
        """The appointment."""
        with self.query_span("SELECT", "appointments"):
            self._fail()
            return self.get(confirmation)

    def execute(self, work: Work, *, key: KeyUse | None, write: Write) -> Reply:
        """Do the work at once."""
        self.keys.append(key)
        with self.query_span(write.value, "appointments"):
            self._fail()
            return self.reply or work(self)

    def get(self, confirmation: ConfirmationNumber) -> Appointment:
        """The appointment."""
        if confirmation not in self.kept:
            raise UnknownAppointment
        return self.kept[confirmation]

    def add(self, appointment: Appointment) -> None:
        """Keep it unless its time is taken."""
        others = (a for a in self.kept.values() if a.status is Status.CONFIRMED)
        cells = set(appointment.slot.cells())
        if any(cells & set(other.slot.cells()) for other in others):
            raise SlotTaken
        self.kept[appointment.confirmation] = appointment

    def move(self, appointment: Appointment, slot: Slot) -> Appointment:
        """Keep it at another time."""
        held = self.kept.pop(appointment.confirmation)
        try:
            self.add(appointment._replace(slot=slot))
        except SlotTaken:
            self.kept[held.confirmation] = held
            raise
        return self.kept[appointment.confirmation]

    def cancel(self, appointment: Appointment) -> Appointment:
        """Keep it as cancelled."""
        cancelled = appointment._replace(status=Status.CANCELLED)
        self.kept[appointment.confirmation] = cancelled
        return cancelled

    def _fail(self) -> None:
        self.reads += 1
        if self.error is not None:
            raise self.error


class Heard:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Mapping[str, Any]]] = []

    def error(self, event: str, **fields: Any) -> None:
        """Keep one line."""
        self.lines.append((event, fields))


class Opened:
    """A span of nothing."""

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, *_: object) -> None:
        """Nothing."""


def make_app(
    business: Business, store: MemoryStore, signals: Signals | None = None, **options: Any
) -> Flask:
    """The API over this store, told to these signals."""
    if signals is None:
        bookings = _bookings(business, store, lambda _: None)
        return create_app(bookings, clock=FixedClock(), logger=Heard(), **options)
    store.query_span = query_spans(signals.observe)
    return create_app(
        _bookings(business, store, report_to(signals.emit)),
        clock=FixedClock(),
        emit=signals.emit,
        observe=signals.observe,
        trace_id=signals.telemetry.trace_id,
        logger=signals.telemetry.logs.logger("booking.web"),
        **options,
    )


def _bookings(business: Business, store: MemoryStore, report: Callable[[Any], None]) -> Bookings:
    return Bookings(
        business=business,
        store=store,
        clock=FixedClock(),
        random_bytes=lambda size: next(store.numbers).to_bytes(size, "big"),
        report=report,
    )


def booking(**changes: Any) -> Mapping[str, Any]:
    """A request to book, with changes; None leaves a field out."""
    document = {**BOOKING, **changes}
    return {name: value for name, value in document.items() if value is not None}


def with_client(**changes: Any) -> Mapping[str, Any]:
    """A request to book, with changes to the client."""
    return booking(client={**CLIENT, **changes})
