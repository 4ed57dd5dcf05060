"""A business that can take any number of bookings, over a store of its own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from booking.adapters.business_file import load_business
from booking.adapters.randomness import RandomBytes
from booking.adapters.store import open_store
from booking.adapters.store_options import StoreOptions
from booking.domain.business import Business, OpeningHours
from booking.domain.model import Client, Service
from booking.service.bookings import Bookings
from booking.service.changes import BookingRequest
from booking.service.idempotency import KeyUse
from booking.web.rendering import Rendering
from resilience.clock import SystemClock

from .harness import Broken

_SLOTS_IN_A_DAY = 287
_SERVICE = Service("srv-001", "Short", 5)
_PERSON = Client("Ada Example", "ada@example.org", "+1 555 0100")


@dataclass(frozen=True)
class Shop:
    """A business that is always open, and starts that nobody else takes."""

    bookings: Bookings
    database: Path
    next_start: Callable[[], datetime]
    next_key: Callable[[], str]

    def book(self) -> None:
        """One booking, with an idempotency key, as our own agent sends it."""
        request = BookingRequest(_SERVICE.id, self.next_start(), _PERSON)
        key = KeyUse.of(client="a", endpoint="POST", key=self.next_key(), request=None)
        render = Rendering(self.bookings.business).decided(201, "Booked")
        if self.bookings.book(request, render, key).status != 201:
            raise Broken("a booking was refused")

    def booked(self) -> int:
        """How many bookings the file holds."""
        with closing(sqlite3.connect(self.database)) as connection:
            found: int = connection.execute("SELECT count(*) FROM appointments").fetchone()[0]
        return found


@contextmanager
def open_shop(directory: Path) -> Iterator[Shop]:
    """Open a store in this directory."""
    business, clock = _always_open(), SystemClock()
    options = StoreOptions(path=directory / "bookings.db")
    store = open_store(options, clock=clock, services=business.services)
    bookings = Bookings(
        business=business,
        store=store,
        clock=clock,
        random_bytes=RandomBytes(),
        report=lambda _: None,
    )
    try:
        yield Shop(bookings, options.path, _starts(), map("{:032x}".format, count()).__next__)
    finally:
        store.close()


def _always_open() -> Business:
    hours = {weekday: (OpeningHours(time(0), time(23, 55)),) for weekday in range(7)}
    return replace(
        load_business(),
        zone=ZoneInfo("UTC"),
        horizon_days=3660,
        services=(_SERVICE,),
        opening_hours=hours,
    )


def _starts() -> Callable[[], datetime]:
    """Each call gives the next start; `next` of a count is atomic, unlike a generator's."""
    numbers = count()
    first = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)

    def next_start() -> datetime:
        day, slot = divmod(next(numbers), _SLOTS_IN_A_DAY)
        return first + timedelta(days=2 + day, minutes=5 * slot)

    return next_start
