"""Times as the business's clock on the wall shows them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.domain.business import Business
from booking.domain.model import Slot
from booking.web.rendering import Rendering


@pytest.mark.parametrize(
    ("zone", "start", "shown"),
    [
        ("America/New_York", "2026-12-01T14:30", ("2026-12-01", "Tuesday", "09:30", "10:00")),
        ("America/New_York", "2026-06-01T13:30", ("2026-06-01", "Monday", "09:30", "10:00")),
        ("Asia/Kolkata", "2026-12-01T20:00", ("2026-12-02", "Wednesday", "01:30", "02:00")),
        ("Australia/Lord_Howe", "2026-12-01T12:45", ("2026-12-01", "Tuesday", "23:45", "00:15")),
        ("Europe/Berlin", "2026-03-29T00:45", ("2026-03-29", "Sunday", "01:45", "03:15")),
    ],
)
def test_a_slot_is_shown_in_wall_time(
    business: Business, zone: str, start: str, shown: tuple[str, ...]
) -> None:
    """Date, weekday, start and end are local, across midnight and clock changes."""
    moment = datetime.fromisoformat(start).replace(tzinfo=UTC)
    rendering = Rendering(replace(business, zone=ZoneInfo(zone)))
    slot = rendering.slot(Slot(moment, moment + timedelta(minutes=30)))
    assert tuple(slot.values()) == shown
