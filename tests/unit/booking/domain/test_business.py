"""The business and its opening hours."""

from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from tests.booking_shop import LONG, NOW, shop, slot_at

from booking.domain.business import OpeningHours
from booking.domain.errors import UnknownService
from booking.domain.model import Slot


def test_a_service_is_found_by_its_id() -> None:
    """The id of a service leads to it."""
    assert shop().service("srv-002") == LONG


def test_an_unknown_service_is_named_with_those_that_exist() -> None:
    """Asking for an unknown service says which ones there are."""
    with pytest.raises(UnknownService) as caught:
        shop().service("srv-9")
    assert (caught.value.service_id, caught.value.known) == (
        "srv-9",
        ("srv-001", "srv-002", "srv-003"),
    )


def test_a_day_is_open_in_its_stretches() -> None:
    """Each stretch of opening hours is given in UTC, in its order."""
    morning = Slot(slot_at(9).start, slot_at(13).start)
    evening = Slot(slot_at(14).start, slot_at(18).start)
    assert shop().open_on(date(2026, 6, 1)) == (morning, evening)


def test_a_day_without_hours_is_closed() -> None:
    """A day that is not in the opening hours has no stretches."""
    assert shop().open_on(date(2026, 6, 6)) == ()


def test_each_business_has_hours_of_its_own() -> None:
    """Whatever another one's are on the same day, elsewhere or at another time."""
    day, here = date(2026, 6, 1), shop()
    elsewhere = replace(here, zone=ZoneInfo("Europe/Madrid"))
    later = replace(here, opening_hours={0: (OpeningHours(time(20), time(21)),)})
    opened = [each.open_on(day)[0].start.isoformat() for each in (here, elsewhere, later, here)]
    clocks = ["2026-06-01T13:00:00", "2026-06-01T07:00:00", "2026-06-02T00:00:00"]
    assert opened == [f"{clock}+00:00" for clock in (*clocks, clocks[0])]


def test_local_time_is_that_of_the_business() -> None:
    """A moment is shown as the clock on the business's wall shows it."""
    assert f"{shop().local(NOW):%H:%M %Z}" == "08:00 EDT"


def test_hours_are_written_as_people_write_them() -> None:
    """Opening hours read as from-to."""
    assert str(OpeningHours(time(9), time(13, 5))) == "09:00-13:05"
