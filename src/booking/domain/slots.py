"""Which starts are offered."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from booking.domain.business import Business
from booking.domain.model import Service, Slot


def slots_on(business: Business, service: Service, day: date) -> Iterator[Slot]:
    """The day's slots: from each opening, one after the other, as long as they fit.

    They follow each other in elapsed time, so a skipped hour has none and a repeated one has
    its own.
    """
    duration = timedelta(minutes=service.duration_minutes)
    for stretch in business.open_on(day):
        start = stretch.start
        while start + duration <= stretch.end:
            yield Slot(start, start + duration)
            start += duration


def on_grid(business: Business, service: Service, start: datetime, day: date) -> Slot | None:
    """The slot of `day` that starts at this moment (UTC), if there is one."""
    duration = timedelta(minutes=service.duration_minutes)
    for stretch in business.open_on(day):
        fits = stretch.start <= start and start + duration <= stretch.end
        if fits and not (start - stretch.start) % duration:
            return Slot(start, start + duration)
    return None


def last_day(business: Business, today: date) -> date:
    """The last day that can be booked."""
    return today + timedelta(days=business.horizon_days)


def offered_slots(
    business: Business, service: Service, *, first: date, days: int, now: datetime
) -> Iterator[Slot]:
    """The future slots of `days` days from `first` on, within the horizon, in their order."""
    today = business.local(now).date()
    begin = max(first, today).toordinal()
    end = min(first.toordinal() + days - 1, last_day(business, today).toordinal())
    for ordinal in range(begin, end + 1):
        for slot in slots_on(business, service, date.fromordinal(ordinal)):
            if slot.start > now:
                yield slot
