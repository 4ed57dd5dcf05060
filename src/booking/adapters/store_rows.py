"""Rows to appointments and back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from booking.domain.model import (
    Appointment,
    Client,
    ConfirmationNumber,
    Service,
    Slot,
    Status,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

Row = tuple[Any, ...]


def utc_s(moment: datetime) -> int:
    """Whole seconds since 1970, rounded down."""
    return (moment - _EPOCH) // _SECOND


def appointment_row(appointment: Appointment) -> Row:
    """In the order of ADD_APPOINTMENT."""
    slot, client = appointment.slot, appointment.client
    return (
        appointment.confirmation,
        appointment.service.id,
        appointment.provider_id,
        utc_s(slot.start),
        utc_s(slot.end),
        client.name,
        client.email,
        client.phone,
        appointment.status.value,
        utc_s(appointment.created_at),
        appointment.version,
    )


def appointment_from(row: Row) -> Appointment:
    """From the columns of FIND_APPOINTMENT."""
    return Appointment(
        confirmation=ConfirmationNumber(row[0]),
        service=Service(row[1], row[11], row[12]),
        provider_id=row[2],
        slot=Slot(_moment(row[3]), _moment(row[4])),
        client=Client(row[5], row[6], row[7]),
        status=Status(row[8]),
        created_at=_moment(row[9]),
        version=row[10],
    )


def _moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
