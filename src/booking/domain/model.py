"""What booking is about: services, people, slots and appointments."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, NewType

CELL_MINUTES = 5
"""The grain of time: every duration and opening time is a multiple of it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CELL = timedelta(minutes=CELL_MINUTES)

ConfirmationNumber = NewType("ConfirmationNumber", str)


@dataclass(frozen=True, slots=True)
class Service:
    """Something that can be booked."""

    id: str
    name: str
    duration_minutes: int


@dataclass(frozen=True, slots=True)
class Provider:
    """The person whose time is booked."""

    id: str
    name: str
    specialty: str
    location: str


@dataclass(frozen=True, slots=True)
class Client:
    """Who booked. Personal data: it goes to the store and to nobody else."""

    name: str
    email: str
    phone: str

    def __repr__(self) -> str:
        """Show nothing, so that no log line or traceback can."""
        return "Client(...)"


class Slot(NamedTuple):
    """A span of time, always in UTC: two local times can be equal and an hour apart."""

    start: datetime
    end: datetime

    def cells(self) -> range:
        """The cells that the slot covers, each CELL_MINUTES long, counted from 1970."""
        return range((self.start - _EPOCH) // _CELL, -((_EPOCH - self.end) // _CELL))


class Status(StrEnum):
    """What became of an appointment."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Appointment(NamedTuple):
    """A booked slot; `version` counts its changes, from 1."""

    confirmation: ConfirmationNumber
    service: Service
    provider_id: str
    slot: Slot
    client: Client
    created_at: datetime
    status: Status = Status.CONFIRMED
    version: int = 1


def free_slots(slots: Iterable[Slot], claimed: frozenset[int]) -> Iterator[Slot]:
    """Those slots of which no cell is claimed."""
    return (slot for slot in slots if claimed.isdisjoint(slot.cells()))
