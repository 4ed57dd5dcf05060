"""Rows and appointments."""

from datetime import UTC, datetime, timedelta

from tests.booking_shop import MIDDLE, NOW, appointment_at, slot_at

from booking.adapters.store_rows import appointment_from, appointment_row, utc_s


def test_an_appointment_survives_its_row() -> None:
    """What is read from the columns of the join is what was written."""
    appointment = appointment_at(slot_at(9))
    row = (*appointment_row(appointment), MIDDLE.name, MIDDLE.duration_minutes)
    assert appointment_from(row) == appointment


def test_seconds_are_rounded_down() -> None:
    """Part of a second is no second, before 1970 too."""
    moments = (NOW + timedelta(microseconds=999_999), datetime(1969, 12, 31, 23, 59, 59, 1, UTC))
    assert [utc_s(moment) for moment in moments] == [int(NOW.timestamp()), -1]
