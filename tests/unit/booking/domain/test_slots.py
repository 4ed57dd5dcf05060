"""Which starts are offered, also when the clocks change."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from tests.booking_shop import LONG, MIDDLE, NOW, SHORT, local_times, shop, slot_at

from booking.domain.business import OpeningHours
from booking.domain.slots import last_day, offered_slots, on_grid, slots_on

NIGHT = OpeningHours(time(0), time(4))
MONDAY = date(2026, 6, 1)


def test_slots_follow_each_other_from_each_opening() -> None:
    """An hour's service starts every hour of both stretches."""
    starts = local_times(shop(), slots_on(shop(), LONG, MONDAY))
    assert starts == [f"{hour:02}:00" for hour in (9, 10, 11, 12, 14, 15, 16, 17)]


def test_a_slot_that_would_end_after_closing_is_not_offered() -> None:
    """Twenty minutes fit twice into fifty."""
    narrow = shop(OpeningHours(time(9), time(9, 50)))
    assert local_times(narrow, slots_on(narrow, SHORT, MONDAY)) == ["09:00", "09:20"]


@pytest.mark.fault(91)
def test_a_skipped_hour_has_no_slots() -> None:
    """Where 02:00 becomes 03:00, nothing starts between them."""
    night = shop(NIGHT, days=7)
    assert local_times(night, slots_on(night, MIDDLE, date(2026, 3, 8))) == [
        "00:00", "00:30", "01:00", "01:30", "03:00", "03:30",
    ]  # fmt: skip


@pytest.mark.fault(91)
def test_a_repeated_hour_has_slots_of_its_own() -> None:
    """Where 02:00 becomes 01:00, the hour is offered twice and the slots differ in UTC."""
    night = shop(OpeningHours(time(0), time(3)), days=7)
    slots = list(slots_on(night, MIDDLE, date(2026, 11, 1)))
    assert local_times(night, slots) == [
        "00:00", "00:30", "01:00", "01:30", "01:00", "01:30", "02:00", "02:30",
    ]  # fmt: skip
    assert len({slot.start for slot in slots}) == 8


@pytest.mark.fault(92)
@pytest.mark.parametrize(
    ("zone", "day", "minutes"),
    [
        ("America/New_York", date(2026, 3, 8), 180),
        ("America/New_York", date(2026, 11, 1), 300),
        ("Australia/Lord_Howe", date(2026, 10, 4), 210),
        ("Australia/Lord_Howe", date(2026, 4, 5), 270),
        ("Asia/Kathmandu", date(2028, 2, 29), 240),
    ],
)
def test_slots_lie_side_by_side_in_utc(zone: str, day: date, minutes: int) -> None:
    """Whatever the clocks do, slots neither overlap nor leave gaps, and fill the open time."""
    night = shop(NIGHT, zone=zone, days=7)
    slots = list(slots_on(night, MIDDLE, day))
    assert all(one.end == other.start for one, other in pairwise(slots))
    assert slots[-1].end - slots[0].start == timedelta(minutes=minutes)


def test_a_start_on_the_grid_is_a_slot() -> None:
    """The grid finds exactly the slots of the day among all five-minute starts."""
    midnight = slot_at(0).start
    starts = [midnight + timedelta(minutes=5 * cell) for cell in range(288)]
    found = [slot for start in starts if (slot := on_grid(shop(), LONG, start, MONDAY))]
    assert found == list(slots_on(shop(), LONG, MONDAY))


def test_only_future_slots_are_offered() -> None:
    """A slot that begins at this very moment is gone."""
    now = slot_at(10).start
    slots = offered_slots(shop(), LONG, first=MONDAY, days=1, now=now)
    assert local_times(shop(), slots)[:2] == ["11:00", "12:00"]


def test_days_before_today_are_left_out() -> None:
    """A range that begins in the past gives what is left of it."""
    slots = offered_slots(shop(), LONG, first=date(2026, 5, 30), days=3, now=NOW)
    assert {shop().local(slot.start).date() for slot in slots} == {MONDAY}


def test_the_last_day_is_that_of_the_horizon() -> None:
    """Thirty days ahead is offered and the day after is not."""
    slots = list(offered_slots(shop(), LONG, first=MONDAY, days=400, now=NOW))
    assert shop().local(slots[-1].start).date() == last_day(shop(), NOW.date()) == date(2026, 7, 1)


@pytest.mark.fault(88)
@pytest.mark.parametrize("first", [date.min, date.max, date(9999, 12, 31)])
def test_absurd_ranges_are_empty_and_quick(first: date) -> None:
    """The ends of the calendar neither raise nor give slots."""
    assert list(offered_slots(shop(), LONG, first=first, days=31, now=NOW)) == []


def test_the_grid_refuses_a_start_in_between() -> None:
    """Half past is no start of an hour's service."""
    assert on_grid(shop(), LONG, datetime(2026, 6, 1, 13, 30, tzinfo=NOW.tzinfo), MONDAY) is None
