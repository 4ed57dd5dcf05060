"""The business: who works when, where, and what they offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking.domain.errors import UnknownService
from booking.domain.model import Provider, Service, Slot

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """One stretch of a day on which appointments can begin and must end, in wall time."""

    opens: time
    closes: time

    def __str__(self) -> str:
        """As people write it: 09:00-13:00."""
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Business:
    """What the owner decides; `opening_hours` by weekday, Monday is 0."""

    zone: ZoneInfo
    horizon_days: int
    provider: Provider
    services: Sequence[Service]
    opening_hours: Mapping[int, Sequence[OpeningHours]]

    def service(self, service_id: str) -> Service:
        """The service with this id; raises UnknownService."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise UnknownService(service_id, [service.id for service in self.services])

    def local(self, moment: datetime) -> datetime:
        """The moment in the business's time zone."""
        return moment.astimezone(self.zone)

    def open_on(self, day: date) -> Sequence[Slot]:
        """The stretches of the day that are open, in UTC, in their order.

        A clock change inside a stretch makes it longer or shorter. A stretch that begins or
        ends in a skipped hour loses what is doubtful.
        """
        return _open_on(self.zone, tuple(self.opening_hours.get(day.weekday(), ())), day)


@lru_cache(maxsize=1024)
def _open_on(zone: ZoneInfo, hours: Sequence[OpeningHours], day: date) -> Sequence[Slot]:
    return tuple(
        Slot(_utc(zone, day, each.opens), _utc(zone, day, each.closes.replace(fold=1)))
        for each in hours
    )


def _utc(zone: ZoneInfo, day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
