"""What the use cases need from outside."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from booking.domain.model import Appointment, ConfirmationNumber, Service, Slot
from booking.service.idempotency import KeyUse


class UtcClock(Protocol):
    """The part of `resilience.clock.Clock` that booking reads."""

    def utc_now(self) -> datetime:
        """The wall clock, with the UTC time zone."""


class Outcome(StrEnum):
    """How a request to change an appointment ended."""

    CREATED = "created"
    CONFLICT = "conflict"
    REPLAYED = "replayed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    INVALID = "invalid"


Report = Callable[[Outcome], None]


class Rendered(NamedTuple):
    """An answer as its caller will see it, kept with its idempotency key."""

    status: int
    body: bytes


Render = Callable[[Appointment], Rendered]


class Reply(NamedTuple):
    """The answer to a write; `outcome` is None when nothing had to be done."""

    status: int
    body: bytes
    outcome: Outcome | None

    @property
    def replayed(self) -> bool:
        """Whether this is the stored answer to an earlier request with the same key."""
        return self.outcome is Outcome.REPLAYED


class Write(StrEnum):
    """The kinds of write, by the statement that makes them."""

    BOOK = "INSERT"
    CHANGE = "UPDATE"


class Transaction(Protocol):
    """One transaction of the store, all or nothing."""

    def add(self, appointment: Appointment) -> None:
        """Keep the appointment and claim its time; raises SlotTaken."""

    def get(self, confirmation: ConfirmationNumber) -> Appointment:
        """The appointment as it is now; raises UnknownAppointment."""

    def move(self, appointment: Appointment, slot: Slot) -> Appointment:
        """Give its time back and claim another; raises SlotTaken."""

    def cancel(self, appointment: Appointment) -> Appointment:
        """Give its time back and mark it cancelled."""


Work = Callable[[Transaction], Reply]


class Store(Protocol):
    """Where bookings last. Every method may raise StoreUnavailable."""

    def services(self) -> Sequence[Service]:
        """The services on offer, in the order of the business data."""

    def claimed(self, provider_id: str, cells: range) -> frozenset[int]:
        """Which of these cells of the provider's time are claimed."""

    def find(self, confirmation: ConfirmationNumber) -> Appointment:
        """The appointment; raises UnknownAppointment."""

    def execute(self, work: Work, *, key: KeyUse | None, write: Write) -> Reply:
        """Do the work in one transaction and keep its reply with the key, durably.

        A key that was used before gives the stored reply, byte for byte, and the work is not
        done. Raises KeyReused, KeyInFlight, and whatever the work raises.
        """
