"""The writes of one unit of work."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.booking_shop import LONG, SHORT, appointment_at, shop, slot_at

from booking.adapters.store_connection import connect
from booking.adapters.store_migration import prepare
from booking.adapters.store_services import sync_services
from booking.adapters.store_transaction import SqlTransaction
from booking.domain.errors import SlotTaken, UnknownAppointment
from booking.domain.model import ConfirmationNumber, Status


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The shop's database."""
    prepare(tmp_path / "x.db", busy_timeout_s=1)
    with closing(connect(tmp_path / "x.db", busy_timeout_s=1)) as connection:
        sync_services(connection, shop().services)
        yield connection


def claimed(connection: sqlite3.Connection) -> list[int]:
    """Every claimed cell."""
    return [cell for (cell,) in connection.execute("SELECT cell FROM claims ORDER BY cell")]


def test_an_appointment_claims_its_cells(connection: sqlite3.Connection) -> None:
    """What is added can be read back, and its time is claimed."""
    transaction, appointment = SqlTransaction(connection), appointment_at(slot_at(9))
    transaction.add(appointment)
    assert transaction.get(appointment.confirmation) == appointment
    assert claimed(connection) == list(slot_at(9).cells())


@pytest.mark.fault(40)
@pytest.mark.parametrize(("hour", "minute"), [(9, 0), (9, 20), (8, 40), (9, 25)])
def test_any_overlap_is_taken(connection: sqlite3.Connection, hour: int, minute: int) -> None:
    """One common cell is enough, from either side."""
    transaction = SqlTransaction(connection)
    transaction.add(appointment_at(slot_at(9)))
    with pytest.raises(SlotTaken):
        transaction.add(appointment_at(slot_at(hour, minute, service=LONG), "APPT-2", service=LONG))


def test_neighbours_are_no_overlap(connection: sqlite3.Connection) -> None:
    """A slot may begin when another ends."""
    transaction = SqlTransaction(connection)
    transaction.add(appointment_at(slot_at(9)))
    transaction.add(appointment_at(slot_at(9, 30, service=SHORT), "APPT-2", service=SHORT))
    assert len(claimed(connection)) == 10


def test_a_move_may_overlap_itself(connection: sqlite3.Connection) -> None:
    """Moving by ten minutes gives the old cells back before it claims the new ones."""
    transaction, appointment = SqlTransaction(connection), appointment_at(slot_at(9))
    transaction.add(appointment)
    moved = transaction.move(appointment, slot_at(9, 10))
    assert (moved.slot, moved.version) == (slot_at(9, 10), 2)
    assert transaction.get(appointment.confirmation) == moved
    assert claimed(connection) == list(slot_at(9, 10).cells())


def test_cancelling_claims_nothing_any_more(connection: sqlite3.Connection) -> None:
    """The appointment stays and its cells are free."""
    transaction, appointment = SqlTransaction(connection), appointment_at(slot_at(9))
    transaction.add(appointment)
    cancelled = transaction.cancel(appointment)
    assert (cancelled.status, cancelled.version) == (Status.CANCELLED, 2)
    assert transaction.get(appointment.confirmation) == cancelled
    assert claimed(connection) == []


def test_an_unknown_number_is_unknown(connection: sqlite3.Connection) -> None:
    """There is nothing to get."""
    with pytest.raises(UnknownAppointment):
        SqlTransaction(connection).get(ConfirmationNumber("APPT-0"))


@pytest.mark.fault(85)
@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE claims; --",
        "%_\\",
        "{{7*7}}",
        "=cmd|' /C calc'!A0",
        "a\r\nb: c",
        "e\u0301\u200d\U0001f600",
    ],
)
def test_text_is_data(connection: sqlite3.Connection, text: str) -> None:
    """Whatever a name looks like, it comes back as it was."""
    plain = appointment_at(slot_at(9))
    appointment = plain._replace(client=replace(plain.client, name=text))
    SqlTransaction(connection).add(appointment)
    assert SqlTransaction(connection).get(plain.confirmation).client.name == text
