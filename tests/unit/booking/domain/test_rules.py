"""What a request must satisfy."""

from datetime import datetime, time

import pytest
from tests.booking_shop import CLIENT, LONG, MIDDLE, NOW, shop, slot_at, wall

from booking.domain.business import OpeningHours
from booking.domain.errors import NotOffered, NotOfferedReason, UnstorableText
from booking.domain.model import Client
from booking.domain.rules import CLIENT_MAX_CHARS, require_offered, require_storable

NIGHT = OpeningHours(time(0), time(4))


def refusal(start: datetime) -> NotOffered:
    """How the shop refuses this start for an hour's service."""
    with pytest.raises(NotOffered) as caught:
        require_offered(shop(), LONG, start, NOW)
    return caught.value


def test_an_offered_start_becomes_its_slot() -> None:
    """Wall time on the grid gives the slot in UTC."""
    start = wall("2026-06-01T09:00")
    assert require_offered(shop(), LONG, start, NOW) == slot_at(9, service=LONG)


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (wall("2026-06-01T09:30"), NotOfferedReason.OFF_GRID),
        (wall("2026-06-01T09:00:01"), NotOfferedReason.OFF_GRID),
        (wall("2026-06-01T13:00"), NotOfferedReason.CLOSED),
        (wall("2026-06-06T09:00"), NotOfferedReason.CLOSED),
        (wall("2026-06-01T07:00"), NotOfferedReason.PAST),
        (wall("2026-05-29T09:00"), NotOfferedReason.PAST),
        (wall("2026-07-02T09:00"), NotOfferedReason.BEYOND_HORIZON),
        (wall("0001-01-01T00:00"), NotOfferedReason.PAST),
        (wall("9999-12-31T23:59"), NotOfferedReason.BEYOND_HORIZON),
    ],
)
def test_other_starts_are_refused_with_the_reason(
    start: datetime, reason: NotOfferedReason
) -> None:
    """Whatever is wrong with a start, the reason is one of a closed set."""
    assert refusal(start).reason is reason


def test_a_refusal_says_what_is_offered() -> None:
    """The sentence names the wrong, the grid, the last day, the zone and the hours."""
    hours = "09:00-13:00 and 14:00-18:00"
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    assert str(refusal(wall("2026-06-01T13:00"))) == (
        "we are closed at this time; Specialized Consultation is offered every 60 minutes from "
        "each opening until 2026-07-01, America/New_York time: "
        + ", ".join(f"{day} {hours}" for day in days)
    )


@pytest.mark.fault(91)
def test_a_start_in_a_skipped_hour_is_refused() -> None:
    """A wall time that the clocks skip is not taken for another one."""
    night = shop(NIGHT, days=7)
    now = datetime(2026, 3, 7, 12, tzinfo=NOW.tzinfo)
    with pytest.raises(NotOffered) as caught:
        require_offered(night, MIDDLE, wall("2026-03-08T02:30"), now)
    assert caught.value.reason is NotOfferedReason.SKIPPED_HOUR


@pytest.mark.fault(91)
def test_both_starts_of_a_repeated_hour_can_be_had() -> None:
    """The fold of a wall time tells the first from the second, an hour apart."""
    night = shop(NIGHT, days=7)
    now = datetime(2026, 10, 31, 12, tzinfo=NOW.tzinfo)
    starts = [wall("2026-11-01T01:30").replace(fold=fold) for fold in (0, 1)]
    first, second = (require_offered(night, MIDDLE, start, now) for start in starts)
    assert (second.start - first.start).total_seconds() == 3600


def test_a_client_whose_text_can_be_kept_is_accepted() -> None:
    """Any Unicode text is fine."""
    client = Client("Zoë \u202e \U0001f600 '; DROP TABLE", "a@b", "1")
    assert require_storable(client) is client


@pytest.mark.fault(81)
@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfff", "", "x" * 255])
@pytest.mark.parametrize("field", sorted(CLIENT_MAX_CHARS))
def test_text_that_no_database_gives_back_is_refused(field: str, text: str) -> None:
    """NUL, lone surrogates, nothing and too much are refused by name of the field."""
    values = {"name": CLIENT.name, "email": CLIENT.email, "phone": CLIENT.phone, field: text}
    with pytest.raises(UnstorableText) as caught:
        require_storable(Client(**values))
    assert caught.value.field == field
    assert str(CLIENT_MAX_CHARS[field]) in caught.value.expected
