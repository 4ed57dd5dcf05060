"""A small business for tests: its data, its clock, its store and what its answers look like."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from booking.adapters.store import SqliteStore, open_store
from booking.adapters.store_options import StoreOptions
from booking.domain.business import Business, OpeningHours
from booking.domain.model import (
    Appointment,
    Client,
    ConfirmationNumber,
    Provider,
    Service,
    Slot,
)
from booking.service.bookings import Bookings
from booking.service.idempotency import KeyUse
from booking.service.ports import Outcome, Rendered

# A Monday, 08:00 in New York.
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
CLIENT = Client("Ada Example", "ada@example.org", "+1 555 0100")
SHORT = Service("srv-003", "Follow-up Appointment", 20)
MIDDLE = Service("srv-001", "General Consultation", 30)
LONG = Service("srv-002", "Specialized Consultation", 60)
PROVIDER = Provider("dr-garcia", "Dr. Garcia", "General Practice", "Downtown Medical Center")
WORKDAY = (OpeningHours(time(9), time(13)), OpeningHours(time(14), time(18)))


class SetClock:
    """A wall clock that moves only when told."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def utc_now(self) -> datetime:
        """The time that was set."""
        return self.now

    def advance(self, **by: float) -> None:
        """Move on, as by timedelta(**by)."""
        self.now += timedelta(**by)


def shop(
    *hours: OpeningHours, zone: str = "America/New_York", horizon_days: int = 30, days: int = 5
) -> Business:
    """A business that is open on the first `days` days of the week."""
    return Business(
        zone=ZoneInfo(zone),
        horizon_days=horizon_days,
        provider=PROVIDER,
        services=(MIDDLE, LONG, SHORT),
        opening_hours=dict.fromkeys(range(days), hours or WORKDAY),
    )


def seeded_bytes(seed: int = 0) -> Callable[[int], bytes]:
    """A source of random bytes that repeats itself."""
    return Random(seed).randbytes


def rendered(appointment: Appointment) -> Rendered:
    """An answer with everything in it that can change."""
    return Rendered(
        200,
        f"{appointment.confirmation} {appointment.slot.start:%d %H:%M} "
        f"{appointment.status} {appointment.version}".encode(),
    )


def store_at(path: Path, clock: SetClock | None = None, **options: float) -> SqliteStore:
    """The shop's store in this directory."""
    return open_store(
        StoreOptions(path=path / "booking.db", **options),  # type: ignore[arg-type]  # options of several types
        clock=clock or SetClock(),
        services=shop().services,
    )


def bookings_on(
    store: SqliteStore,
    *,
    clock: SetClock | None = None,
    business: Business | None = None,
    outcomes: list[Outcome] | None = None,
    seed: int = 0,
) -> Bookings:
    """The use cases over this store."""
    return Bookings(
        business=business or shop(),
        store=store,
        clock=clock or SetClock(),
        random_bytes=seeded_bytes(seed),
        report=(outcomes if outcomes is not None else []).append,
    )


def wall(text: str) -> datetime:
    """Wall time, without a zone, as clients give it."""
    return datetime.fromisoformat(text)


def slot_at(hour: int, minute: int = 0, *, service: Service = MIDDLE, day: int = 1) -> Slot:
    """The slot of a service at this New York time in June 2026."""
    start = datetime(2026, 6, day, hour, minute, tzinfo=ZoneInfo("America/New_York"))
    return Slot(
        start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=service.duration_minutes)
    )


def appointment_at(slot: Slot, name: str = "APPT-1", *, service: Service = MIDDLE) -> Appointment:
    """An appointment in this slot."""
    return Appointment(ConfirmationNumber(name), service, PROVIDER.id, slot, CLIENT, NOW)


def key_use(
    key: str = "key-1", *, client: str = "a", endpoint: str = "POST", body: object = 1
) -> KeyUse:
    """One use of an idempotency key."""
    return KeyUse.of(client=client, endpoint=endpoint, key=key, request=body)


def local_times(business: Business, slots: Iterable[Slot]) -> list[str]:
    """When the slots start, as the wall clock of the business shows it."""
    return [f"{business.local(slot.start):%H:%M}" for slot in slots]
