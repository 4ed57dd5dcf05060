"""The writes of one unit of work, on the writer's connection."""

import sqlite3

from booking.adapters import store_statements as sql
from booking.adapters.store_rows import appointment_from, appointment_row, utc_s
from booking.domain.errors import SlotTaken, UnknownAppointment
from booking.domain.model import Appointment, ConfirmationNumber, Slot, Status


def find_appointment(
    connection: sqlite3.Connection, confirmation: ConfirmationNumber
) -> Appointment:
    """The appointment with this number; raises UnknownAppointment."""
    row = connection.execute(sql.FIND_APPOINTMENT.sql, (confirmation,)).fetchone()
    if row is None:
        raise UnknownAppointment
    return appointment_from(row)


class SqlTransaction:
    """The port `Transaction` over a connection that is inside a transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, appointment: Appointment) -> None:
        """Keep the appointment and claim its time; raises SlotTaken."""
        self._connection.execute(sql.ADD_APPOINTMENT.sql, appointment_row(appointment))
        self._claim(appointment)

    def get(self, confirmation: ConfirmationNumber) -> Appointment:
        """The appointment as it is now; raises UnknownAppointment."""
        return find_appointment(self._connection, confirmation)

    def move(self, appointment: Appointment, slot: Slot) -> Appointment:
        """Give its time back and claim another; raises SlotTaken."""
        self._give_back(appointment)
        moved = appointment._replace(slot=slot, version=appointment.version + 1)
        self._claim(moved)
        return self._changed(moved)

    def cancel(self, appointment: Appointment) -> Appointment:
        """Give its time back and mark it cancelled."""
        self._give_back(appointment)
        return self._changed(
            appointment._replace(status=Status.CANCELLED, version=appointment.version + 1)
        )

    def _claim(self, appointment: Appointment) -> None:
        cells = appointment.slot.cells()
        row = (appointment.provider_id, appointment.confirmation)
        values = [value for cell in cells for value in (row[0], cell, row[1])]
        claimed = self._connection.execute(sql.claim_cells(len(cells)), values).rowcount
        if claimed < len(cells):
            raise SlotTaken

    def _give_back(self, appointment: Appointment) -> None:
        cells = appointment.slot.cells()
        self._connection.execute(
            sql.GIVE_BACK.sql,
            (appointment.provider_id, cells.start, cells.stop, appointment.confirmation),
        )

    def _changed(self, appointment: Appointment) -> Appointment:
        slot = appointment.slot
        self._connection.execute(
            sql.CHANGE_APPOINTMENT.sql,
            (
                utc_s(slot.start),
                utc_s(slot.end),
                appointment.status.value,
                appointment.version,
                appointment.confirmation,
            ),
        )
        return appointment
