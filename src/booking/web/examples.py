"""Requests that work today, for the documentation."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from booking.domain.business import Business
from booking.domain.model import Slot
from booking.domain.slots import offered_slots
from booking.web.rendering import Rendering
from booking.web.requests import AvailabilityQuery, BookingBody, CancelBody, MoveBody


class Examples:
    """One request of each kind, with a slot that the business offers from tomorrow on."""

    def __init__(self, business: Business, now: datetime) -> None:
        service = business.services[0]
        first, second = _two_slots(business, now)
        write = Rendering(business).slot
        self._start, self._other = _start(write(first)), _start(write(second))
        self._service_id = service.id
        self._requests: dict[type[BaseModel], dict[str, Any]] = {
            AvailabilityQuery: {
                "service_id": service.id,
                "date_from": self._start["date"],
                "days": 7,
            },
            BookingBody: {"service_id": service.id, **self._start, "client": _CLIENT},
            MoveBody: self._other,
            CancelBody: {"status": "cancelled"},
        }

    def of(self, model: type[BaseModel]) -> dict[str, Any]:
        """A request that the model accepts."""
        return self._requests[model]


_CLIENT = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+1 212 555 0100"}


def _two_slots(business: Business, now: datetime) -> tuple[Slot, Slot]:
    tomorrow = business.local(now).date() + timedelta(days=1)
    slots = offered_slots(
        business,
        business.services[0],
        first=tomorrow,
        days=business.horizon_days,
        now=now,
    )
    first = next(slots, Slot(now, now))
    return first, next(slots, first)


def _start(slot: dict[str, Any]) -> dict[str, Any]:
    return {"date": slot["date"], "start_time": slot["start_time"]}
