"""Every error that booking raises on purpose, in one tree.

BookingError
├── Refused                   the request breaks a rule; sending it again changes nothing
│   ├── UnknownService        service_id
│   ├── UnknownAppointment    says nothing about the number that was asked for
│   ├── NotOffered            reason, offered: what is offered instead
│   ├── AppointmentCancelled  a cancelled appointment cannot be moved
│   ├── UnstorableText        field, expected
│   └── KeyReused             the idempotency key belongs to another request
├── SlotTaken                 alternatives: the next free slots
├── KeyInFlight               retry_after_s: the first request with this key is still running
└── StoreUnavailable          fault, retry_after_s

None of the messages contains what a client typed, except the id of a service.
"""

from collections.abc import Sequence
from enum import StrEnum

from booking.domain.model import Slot


class BookingError(Exception):
    """The root: catch this to catch whatever booking raises on purpose."""


class Refused(BookingError):
    """The request breaks a rule; sending it again changes nothing."""


class UnknownService(Refused):
    """No service has this id; `known` lists those that exist."""

    def __init__(self, service_id: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no such service; the services are {', '.join(known)}")
        self.service_id = service_id
        self.known = tuple(known)


class UnknownAppointment(Refused):
    """No appointment has this confirmation number, or it is not one at all."""

    def __init__(self) -> None:
        super().__init__("no appointment has this confirmation number")


class NotOfferedReason(StrEnum):
    """Why a start is not offered."""

    PAST = "past"
    BEYOND_HORIZON = "beyond_horizon"
    CLOSED = "closed"
    OFF_GRID = "off_grid"
    SKIPPED_HOUR = "skipped_hour"


class NotOffered(Refused):
    """The start is not one that is offered; `offered` is a sentence about those that are."""

    def __init__(self, reason: NotOfferedReason, wrong: str, offered: str) -> None:
        super().__init__(f"{wrong}; {offered}")
        self.reason = reason
        self.offered = offered


class AppointmentCancelled(Refused):
    """A cancelled appointment cannot be moved."""

    def __init__(self) -> None:
        super().__init__("the appointment is cancelled and cannot be moved; book a new one")


class UnstorableText(Refused):
    """A text that no database could give back unchanged, or that is too long."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field} cannot be stored; expected {expected}")
        self.field = field
        self.expected = expected


class KeyReused(Refused):
    """The idempotency key was used before, for another request."""

    def __init__(self) -> None:
        super().__init__(
            "this idempotency key was used for another request; use a new key for each request"
        )


class SlotTaken(BookingError):
    """Somebody else has the slot; `alternatives` are up to 5 free ones of the same service."""

    def __init__(self, alternatives: Sequence[Slot] = ()) -> None:
        super().__init__("this slot is already taken")
        self.alternatives = tuple(alternatives)


class KeyInFlight(BookingError):
    """The first request with this key is still being answered; try again with the same key."""

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__("a request with this idempotency key is still being answered")
        self.retry_after_s = retry_after_s


class StoreFault(StrEnum):
    """What is wrong with the store, without any text of the database."""

    BUSY = "busy"
    QUEUE_FULL = "queue_full"
    TIMEOUT = "timeout"
    CLOSED = "closed"
    DISK_FULL = "disk_full"
    IO = "io"
    READ_ONLY = "read_only"
    DAMAGED = "damaged"
    OTHER = "other"


class StoreUnavailable(BookingError):
    """The store cannot answer now; try again in `retry_after_s` seconds.

    A write that ended so may still have taken effect: only the same idempotency key tells.
    """

    def __init__(self, fault: StoreFault, retry_after_s: int = 1) -> None:
        super().__init__(f"the store cannot answer now ({fault}); try again in {retry_after_s} s")
        self.fault = fault
        self.retry_after_s = retry_after_s
