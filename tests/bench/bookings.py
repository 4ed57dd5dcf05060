"""Durable bookings in a second by 8 clients, against a thread that only writes and syncs."""

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from booking.adapters.business_file import load_business
from booking.adapters.store import open_store
from booking.adapters.store_options import StoreOptions
from booking.domain.business import Business, OpeningHours
from booking.domain.model import Client, Service
from booking.service.bookings import Bookings
from booking.service.changes import BookingRequest
from booking.service.idempotency import KeyUse
from booking.web.rendering import Rendering
from resilience.clock import SystemClock

from .harness import Broken, Plan, Round, Row, Target, Values

CLIENTS = 8
_BLOCK = b"\0" * 4096
_SLOTS_IN_A_DAY = 287
_SERVICE = Service("srv-001", "Short", 5)
_PERSON = Client("Ada Example", "ada@example.org", "+1 555 0100")


@dataclass(frozen=True)
class Shop:
    """A business that is always open, and starts that nobody else takes."""

    bookings: Bookings
    next_start: Callable[[], datetime]

    def book(self) -> None:
        """One booking, with an idempotency key, as our own agent sends it."""
        request = BookingRequest(_SERVICE.id, self.next_start(), _PERSON)
        key = KeyUse.of(client="a", endpoint="POST", key=secrets.token_hex(16), request=None)
        render = Rendering(self.bookings.business).decided(201, "Booked")
        if self.bookings.book(request, render, key).status != 201:
            raise Broken("a booking was refused")


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Open a store in the directory of the run."""
    business, clock = _always_open(), SystemClock()
    path = plan.directory / "bookings.db"
    store = open_store(StoreOptions(path=path), clock=clock, services=business.services)
    bookings = Bookings(
        business=business,
        store=store,
        clock=clock,
        random_bytes=secrets.token_bytes,
        report=lambda _: None,
    )
    shop = Shop(bookings, _starts())
    worst_ms: list[float] = []
    try:
        yield lambda: _round(shop, plan, worst_ms)
    finally:
        store.close()
    plan.notes.append(f"slowest of all rounds: {max(worst_ms):.0f} ms")


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


def _round(shop: Shop, plan: Plan, worst_ms: list[float]) -> Values:
    floor = _syncs(plan.directory / "floor", plan.seconds / 2)
    latencies_s: list[float] = []
    threads = [
        threading.Thread(target=_client, args=(shop, plan.seconds / 2, latencies_s))
        for _ in range(CLIENTS)
    ]
    started_s = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = len(latencies_s) / (perf_counter() - started_s)
    if not latencies_s:
        raise Broken("nothing was booked")
    worst_ms.append(max(latencies_s) * 1000)
    return {"ours": rate, "floor": floor, "slowest ms": worst_ms[-1]}


def _client(shop: Shop, seconds: float, latencies_s: list[float]) -> None:
    end_s = perf_counter() + seconds
    while (started_s := perf_counter()) < end_s:
        shop.book()
        latencies_s.append(perf_counter() - started_s)


def _syncs(path: Path, seconds: float) -> float:
    """Overwrites of 4 KiB, each followed by fdatasync, in a second."""
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        os.pwrite(file, _BLOCK, 0)
        os.fsync(file)
        done, started_s = 0, perf_counter()
        while perf_counter() - started_s < seconds:
            os.pwrite(file, _BLOCK, 0)
            os.fdatasync(file)
            done += 1
        return done / (perf_counter() - started_s)
    finally:
        os.close(file)


ROW = Row(
    name="bookings",
    work=f"durable bookings (unique slots, each with an idempotency key) by {CLIENTS} threads; "
    "floor: one thread of 4 KiB overwrite + fdatasync in the same directory",
    unit="/s",
    targets=(
        Target(to="floor", now=0.6, end=2),
        Target(of="slowest ms", now=250, end=100, at_most=True, worst=True),
    ),
    start=start,
)
