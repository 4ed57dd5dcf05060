"""Appointments and slots as the API writes them: the business's wall time."""

from collections.abc import Mapping
from typing import Any

import orjson

from booking.domain.business import WEEKDAYS, Business
from booking.domain.model import Appointment, Slot
from booking.service.bookings import Availability
from booking.service.ports import Render, Rendered

Json = dict[str, Any]
_DAYS = tuple(name.title() for name in WEEKDAYS)


class Rendering:
    """Writes what one business answers."""

    def __init__(self, business: Business) -> None:
        provider = business.provider
        self._business = business
        self._zone = business.zone.key
        self._place: Mapping[str, Any] = {
            "assigned_person": {"name": provider.name, "specialty": provider.specialty},
            "location": provider.location,
            "time_zone": self._zone,
        }

    def slot(self, slot: Slot) -> Json:
        """A slot."""
        start, end = self._business.local(slot.start), self._business.local(slot.end)
        return {
            "date": start.date().isoformat(),
            "day": _DAYS[start.weekday()],
            "start_time": f"{start.hour:02}:{start.minute:02}",
            "end_time": f"{end.hour:02}:{end.minute:02}",
        }

    def availability(self, found: Availability) -> bytes:
        """The answer with the free slots."""
        return orjson.dumps(
            {
                "success": True,
                "service": found.service,
                "available_slots": [self.slot(slot) for slot in found.slots],
                "total_slots": len(found.slots),
                **self._place,
            }
        )

    def found(self, appointment: Appointment) -> bytes:
        """The answer that shows an appointment."""
        fields = self._fields(appointment, self.slot(appointment.slot))
        return _written({"success": True, "appointment": fields})

    def decided(self, status: int, done: str) -> Render:
        """Writes the answer to a change; `done` says in a word what was done."""
        return lambda appointment: Rendered(status, self._decided(appointment, done))

    def _decided(self, appointment: Appointment, done: str) -> bytes:
        slot = self.slot(appointment.slot)
        fields = self._fields(appointment, slot)
        message = (
            f"{done}: {appointment.service.name} with {self._business.provider.name} on "
            f"{slot['day']}, {slot['date']}, at {slot['start_time']} ({self._zone})."
        )
        return _written({"success": True, "appointment": fields, "message": message})

    def _fields(self, appointment: Appointment, slot: Json) -> Json:
        service = appointment.service
        return {
            "confirmation_number": appointment.confirmation,
            "service_id": service.id,
            "service_name": service.name,
            "date": slot["date"],
            "start_time": slot["start_time"],
            "end_time": slot["end_time"],
            "duration_minutes": service.duration_minutes,
            "client": appointment.client,
            **self._place,
            "status": appointment.status,
            "created_at": appointment.created_at,
        }


def _written(answer: Json) -> bytes:
    """Moments, all of them in UTC, in whole seconds with a Z."""
    return orjson.dumps(answer, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS)
