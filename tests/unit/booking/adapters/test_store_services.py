"""The table of services follows the business data."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.booking_shop import LONG, MIDDLE, SHORT, appointment_at, rendered, slot_at, store_at

from booking.adapters.store import SqliteStore
from booking.domain.model import Service, Slot
from booking.service.ports import Reply, Write


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """The shop's store."""
    store = store_at(tmp_path)
    yield store
    store.close()


def book(store: SqliteStore, slot: Slot) -> None:
    """Keep an appointment of the middle service in this slot."""
    appointment = appointment_at(slot)

    def work(transaction: object) -> Reply:
        transaction.add(appointment)  # type: ignore[attr-defined]  # the port, taken as any object
        return Reply(*rendered(appointment), None)

    store.execute(work, key=None, write=Write.BOOK)


def test_order_and_changes_follow(store: SqliteStore) -> None:
    """A new order, a new name and a new service are taken over."""
    longer, new = Service("srv-003", "Follow-up", 25), Service("srv-004", "New", 5)
    store.sync_services([longer, new, MIDDLE])
    assert list(store.services()) == [longer, new, MIDDLE]


def test_a_withdrawn_service_stays_for_its_appointments(store: SqliteStore) -> None:
    """It is listed no more, and the appointment still tells what it is for."""
    book(store, slot_at(9))
    store.sync_services([LONG, SHORT])
    assert list(store.services()) == [LONG, SHORT]
    assert store.find(appointment_at(slot_at(9)).confirmation).service == MIDDLE


def test_a_withdrawn_service_can_come_back(store: SqliteStore) -> None:
    """Naming it again puts it on offer again."""
    store.sync_services([LONG])
    store.sync_services([LONG, MIDDLE])
    assert list(store.services()) == [LONG, MIDDLE]
