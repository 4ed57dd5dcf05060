"""The requests that the documentation shows."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from booking.domain.business import Business
from booking.domain.rules import require_offered
from booking.web.examples import Examples
from booking.web.requests import BookingBody, CancelBody, MoveBody


@pytest.mark.parametrize(
    "now", ["2026-12-04T20:00", "2026-03-07T12:00", "2027-12-31T23:59", "2028-02-28T00:00"]
)
def test_examples_are_offered_on_any_day(business: Business, now: str) -> None:
    """Also on a Friday evening, before a clock change and at the end of a year."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    examples = Examples(business, moment)
    booked = BookingBody.model_validate(examples.of(BookingBody)).request().start
    moved = MoveBody.model_validate(examples.of(MoveBody)).start
    service = business.services[0]
    slots = [require_offered(business, service, start, moment) for start in (booked, moved)]
    assert slots[0].end == slots[1].start
    assert CancelBody.model_validate(examples.of(CancelBody)).status == "cancelled"


def test_a_business_without_any_slot_still_has_examples(business: Business) -> None:
    """A holiday longer than the horizon must not keep the service from starting."""
    closed = replace(business, opening_hours={})
    examples = Examples(closed, datetime(2026, 12, 1, tzinfo=UTC))
    assert BookingBody.model_validate(examples.of(BookingBody)).service_id == "srv-001"
