"""The store as the use cases see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.booking_shop import (
    LONG,
    MIDDLE,
    PROVIDER,
    SHORT,
    SetClock,
    appointment_at,
    key_use,
    rendered,
    shop,
    slot_at,
    store_at,
)

from booking.adapters.store import SqliteStore, open_store
from booking.adapters.store_options import StoreOptions
from booking.domain.errors import (
    KeyInFlight,
    SlotTaken,
    StoreFault,
    StoreUnavailable,
    UnknownAppointment,
)
from booking.domain.model import Appointment, ConfirmationNumber
from booking.service.ports import Reply, Transaction, Work, Write

NINE = appointment_at(slot_at(9))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """The shop's store."""
    store = store_at(tmp_path)
    yield store
    store.close()


def adding(appointment: Appointment) -> Work:
    """Work that keeps the appointment."""

    def work(transaction: Transaction) -> Reply:
        transaction.add(appointment)
        return Reply(*rendered(appointment), None)

    return work


def test_the_services_are_those_of_the_business(store: SqliteStore) -> None:
    """Opening the store brings its table of services up to date."""
    assert list(store.services()) == [MIDDLE, LONG, SHORT]


def test_a_kept_appointment_is_found_and_claims_its_time(store: SqliteStore) -> None:
    """Both reads see what was written, within their bounds."""
    store.execute(adding(NINE), key=None, write=Write.BOOK)
    cells = NINE.slot.cells()
    assert store.find(NINE.confirmation) == NINE
    assert store.claimed(PROVIDER.id, range(cells.start - 9, cells.stop - 1)) == set(cells[:-1])
    assert store.claimed("somebody else", cells) == frozenset()


def test_how_busy_it_is(store: SqliteStore) -> None:
    """A store at rest: no connection in use, no write waiting, and the bounds of both."""
    assert {(r.gauge.name, *r.values): r.value for r in store.readings()} == {
        ("db_client_connections", "used"): 0,
        ("db_client_connections", "idle"): 8,
        ("db_client_connection_max",): 8,
        ("booking_store_waiting_writes",): 0,
        ("booking_store_waiting_writes_limit",): 1024,
    }


def test_failed_work_leaves_nothing(store: SqliteStore) -> None:
    """An appointment whose time is taken is not kept."""
    store.execute(adding(NINE), key=None, write=Write.BOOK)
    late = appointment_at(slot_at(9, service=LONG), "APPT-2", service=LONG)
    with pytest.raises(SlotTaken):
        store.execute(adding(late), key=key_use(), write=Write.BOOK)
    with pytest.raises(UnknownAppointment):
        store.find(late.confirmation)


def test_a_key_is_in_flight_while_its_work_is_done(store: SqliteStore) -> None:
    """The same key from inside the work is told to wait; afterwards it replays."""

    def work(_transaction: Transaction) -> Reply:
        with pytest.raises(KeyInFlight):
            store.execute(adding(NINE), key=key_use(), write=Write.BOOK)
        return Reply(200, b"done", None)

    store.execute(work, key=key_use(), write=Write.CHANGE)
    again = store.execute(work, key=key_use(), write=Write.CHANGE)
    assert (again.body, again.replayed) == (b"done", True)


def test_every_query_has_its_span(tmp_path: Path) -> None:
    """Reads and writes are reported with operation and table, on the caller's thread."""
    spans: list[tuple[str, str]] = []

    @contextmanager
    def span(operation: str, collection: str) -> Iterator[None]:
        spans.append((operation, collection))
        yield

    store = open_store(
        StoreOptions(path=tmp_path / "x.db"),
        clock=SetClock(),
        services=shop().services,
        query_span=span,
    )
    store.services()
    store.claimed(PROVIDER.id, range(1))
    store.execute(adding(NINE), key=None, write=Write.BOOK)
    store.find(NINE.confirmation)
    store.execute(lambda _: Reply(200, b"", None), key=None, write=Write.CHANGE)
    store.close()
    assert spans == [
        ("SELECT", "services"),
        ("SELECT", "claims"),
        ("INSERT", "appointments"),
        ("SELECT", "appointments"),
        ("UPDATE", "appointments"),
    ]


def test_a_closed_store_says_so(store: SqliteStore) -> None:
    """Reads and writes are refused at once."""
    store.close()
    with pytest.raises(StoreUnavailable) as read:
        store.find(ConfirmationNumber("APPT-1"))
    with pytest.raises(StoreUnavailable) as written:
        store.execute(adding(NINE), key=None, write=Write.BOOK)
    assert (read.value.fault, written.value.fault) == (StoreFault.CLOSED, StoreFault.CLOSED)
