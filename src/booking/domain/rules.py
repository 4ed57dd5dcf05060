"""What a request must satisfy before it may reach the store."""

from datetime import UTC, date, datetime

from booking.domain.business import WEEKDAYS, Business
from booking.domain.errors import NotOffered, NotOfferedReason, UnstorableText
from booking.domain.model import Client, Service, Slot
from booking.domain.slots import last_day, on_grid

CLIENT_MAX_CHARS = {"name": 200, "email": 254, "phone": 40}


def require_offered(business: Business, service: Service, start: datetime, now: datetime) -> Slot:
    """The slot that starts at this wall time; raises NotOffered, which says what is offered.

    `start` is naive, in the business's time zone; its `fold` tells the first (0) from the
    second (1) of a repeated hour.
    """
    day, today = start.date(), business.local(now).date()
    limit = last_day(business, today)
    if day < today:
        raise _not_offered(NotOfferedReason.PAST, business, service, limit)
    if day > limit:
        raise _not_offered(NotOfferedReason.BEYOND_HORIZON, business, service, limit)
    moment = start.replace(tzinfo=business.zone).astimezone(UTC)
    slot = on_grid(business, service, moment, day)
    if slot is not None and moment > now and business.local(moment).replace(tzinfo=None) == start:
        return slot
    raise _not_offered(_reason(business, start, moment, now), business, service, limit)


def _reason(
    business: Business, start: datetime, moment: datetime, now: datetime
) -> NotOfferedReason:
    if moment <= now:
        return NotOfferedReason.PAST
    if business.local(moment).replace(tzinfo=None) != start:
        return NotOfferedReason.SKIPPED_HOUR
    stretches = business.open_on(start.date())
    open_then = any(stretch.start <= moment < stretch.end for stretch in stretches)
    return NotOfferedReason.OFF_GRID if open_then else NotOfferedReason.CLOSED


_WRONG = {
    NotOfferedReason.PAST: "this start is in the past",
    NotOfferedReason.BEYOND_HORIZON: "this start is too far ahead",
    NotOfferedReason.CLOSED: "we are closed at this time",
    NotOfferedReason.OFF_GRID: "no appointment of this service starts at this time",
    NotOfferedReason.SKIPPED_HOUR: "the clocks skip this hour on this day",
}


def _not_offered(
    reason: NotOfferedReason, business: Business, service: Service, limit: date
) -> NotOffered:
    hours = ", ".join(
        f"{WEEKDAYS[weekday].title()} {' and '.join(map(str, stretches))}"
        for weekday, stretches in sorted(business.opening_hours.items())
        if stretches
    )
    offered = (
        f"{service.name} is offered every {service.duration_minutes} minutes from each opening "
        f"until {limit.isoformat()}, {business.zone.key} time: {hours}"
    )
    return NotOffered(reason, _WRONG[reason], offered)


def require_storable(client: Client) -> Client:
    """The client, unchanged; raises UnstorableText for what a database would not give back."""
    for field, max_chars in CLIENT_MAX_CHARS.items():
        text: str = getattr(client, field)
        if not text or len(text) > max_chars or not is_storable(text):
            raise UnstorableText(
                field, f"1 to {max_chars} characters of Unicode text without NUL and surrogates"
            )
    return client


def is_storable(text: str) -> bool:
    """Whether any database would give this text back unchanged."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
