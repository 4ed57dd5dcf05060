"""Many clients, one store."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from tests.booking_shop import (
    CLIENT,
    LONG,
    MIDDLE,
    NOW,
    PROVIDER,
    SHORT,
    appointment_at,
    bookings_on,
    key_use,
    rendered,
    slot_at,
    store_at,
    wall,
)

from booking.adapters.store import SqliteStore
from booking.domain.errors import BookingError, KeyInFlight, SlotTaken
from booking.domain.model import Slot
from booking.service.changes import BookingRequest
from booking.service.ports import Outcome, Reply, Transaction, Write

NINE = BookingRequest("srv-002", wall("2026-06-01T09:00"), CLIENT)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """The shop's store."""
    store = store_at(tmp_path)
    yield store
    store.close()


def together(count: int, call: Callable[[int], Reply]) -> list[Reply | BookingError]:
    """What becomes of this many calls that begin at the same moment."""
    start = threading.Barrier(count, timeout=30)

    def one(number: int) -> Reply | BookingError:
        start.wait()
        try:
            return call(number)
        except BookingError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def active(path: Path) -> list[tuple[str, int, int]]:
    """Every confirmed appointment, read past the store."""
    with closing(sqlite3.connect(path / "booking.db")) as connection:
        return connection.execute(
            "SELECT provider, start_utc_s, end_utc_s FROM appointments "
            "WHERE status = 'confirmed' ORDER BY start_utc_s"
        ).fetchall()


@pytest.mark.fault(39)
def test_of_many_clients_of_one_slot_one_wins(store: SqliteStore, tmp_path: Path) -> None:
    """Sixty clients want the same hour: one gets it, the others five alternatives each."""
    outcomes: list[Outcome] = []
    bookings = bookings_on(store, outcomes=outcomes)
    results = together(60, lambda _: bookings.book(NINE, rendered))
    losers = [result for result in results if isinstance(result, SlotTaken)]
    assert (len(losers), sum(isinstance(result, Reply) for result in results)) == (59, 1)
    assert {loser.alternatives[0] for loser in losers} == {slot_at(10, service=LONG)}
    assert {len(loser.alternatives) for loser in losers} == {5}
    assert (outcomes.count(Outcome.CREATED), outcomes.count(Outcome.CONFLICT)) == (1, 59)
    assert len(active(tmp_path)) == 1


@pytest.mark.fault(40)
@pytest.mark.parametrize("seed", range(3))
def test_no_two_appointments_overlap(store: SqliteStore, tmp_path: Path, seed: int) -> None:
    """Random slots of three lengths from many threads never overlap, and none is refused in vain.

    The checker sweeps over what is in the database and knows nothing of cells.
    """
    random = Random(seed)
    wishes = [
        Slot(start, start + timedelta(minutes=service.duration_minutes))
        for service in random.choices((SHORT, MIDDLE, LONG), k=300)
        for start in [NOW + timedelta(minutes=5 * random.randrange(300))]
    ]
    results = together(12, lambda worker: _book_all(store, worker, wishes[worker::12]))
    rows = active(tmp_path)
    kept = sum(int(result.body) for result in results if isinstance(result, Reply))
    assert len(rows) == kept > 20
    assert all(end <= start for (_, _, end), (_, start, _) in pairwise(rows))
    taken = [(start, end) for _, start, end in rows]
    assert all(_overlaps(wish, taken) for wish in wishes)


def _book_all(store: SqliteStore, worker: int, wishes: list[Slot]) -> Reply:
    kept = 0
    for number, slot in enumerate(wishes):
        appointment = appointment_at(slot, f"APPT-{worker}-{number}")

        def work(transaction: Transaction, appointment=appointment) -> Reply:  # type: ignore[no-untyped-def]  # a default binds the loop variable
            transaction.add(appointment)
            return Reply(201, b"", None)

        try:
            store.execute(work, key=None, write=Write.BOOK)
            kept += 1
        except SlotTaken:
            continue
    return Reply(200, str(kept).encode(), None)


def _overlaps(wish: Slot, taken: list[tuple[int, int]]) -> bool:
    first, last = wish.start.timestamp(), wish.end.timestamp()
    return any(start < last and first < end for start, end in taken)


@pytest.mark.fault(41)
def test_one_key_from_many_threads_is_one_booking(store: SqliteStore, tmp_path: Path) -> None:
    """Sixteen sends of one request: each gets the same bytes, or is told to wait for them."""
    bookings = bookings_on(store)
    results = together(16, lambda _: bookings.book(NINE, rendered, key_use()))
    replies = [result for result in results if isinstance(result, Reply)]
    assert len(replies) + sum(isinstance(result, KeyInFlight) for result in results) == 16
    assert sum(not reply.replayed for reply in replies) == 1
    assert bookings.book(NINE, rendered, key_use()).body == replies[0].body
    assert len({reply.body for reply in replies}) == 1
    assert len(active(tmp_path)) == 1


@pytest.mark.fault(44)
def test_moves_in_a_circle_never_share_a_slot(store: SqliteStore, tmp_path: Path) -> None:
    """Three appointments that chase each other's slots end as three appointments apart."""
    bookings = bookings_on(store)
    hours = [wall(f"2026-06-01T{hour:02}:00") for hour in (9, 10, 11)]
    numbers = [
        bookings.book(NINE._replace(start=hour), rendered).body.split()[0].decode()
        for hour in hours
    ]
    results = together(
        3, lambda each: bookings.move(numbers[each], hours[(each + 1) % 3], rendered)
    )
    assert all(isinstance(result, SlotTaken) for result in results)
    bookings.cancel(numbers[0], rendered)
    assert bookings.move(numbers[2], hours[0], rendered).outcome is Outcome.RESCHEDULED
    assert [provider for provider, _, _ in active(tmp_path)] == [PROVIDER.id] * 2


@pytest.mark.fault(45)
def test_cancelling_and_moving_at_once_frees_each_slot_once(
    store: SqliteStore, tmp_path: Path
) -> None:
    """Whoever comes first, the appointment ends cancelled and claims nothing."""
    bookings = bookings_on(store)
    number = bookings.book(NINE, rendered).body.split()[0].decode()
    ten = wall("2026-06-01T10:00")
    uses = [
        lambda: bookings.cancel(number, rendered),
        lambda: bookings.move(number, ten, rendered),
        lambda: bookings.cancel(number, rendered),
    ]
    together(3, lambda each: uses[each]())
    assert active(tmp_path) == []
    assert store.claimed(
        PROVIDER.id, range(slot_at(0).cells().start, slot_at(23).cells().stop)
    ) == (frozenset())
