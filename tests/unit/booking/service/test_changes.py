"""Changes are checked before they take the store's time."""

from pathlib import Path

import pytest
from tests.booking_shop import (
    CLIENT,
    MIDDLE,
    SetClock,
    rendered,
    seeded_bytes,
    shop,
    slot_at,
    store_at,
    wall,
)

from booking.domain.errors import NotOffered, NotOfferedReason
from booking.service.changes import BookingRequest, Changes, refusal
from booking.service.ports import Transaction, Write


def test_a_booking_is_ready_before_its_transaction(tmp_path: Path) -> None:
    """The slot is known and the reply rendered; the transaction has only to add."""
    store = store_at(tmp_path)
    changes = Changes(shop(), store, SetClock(), seeded_bytes())
    change = changes.booking(BookingRequest(MIDDLE.id, wall("2026-06-01T09:00"), CLIENT), rendered)
    store.close()
    assert (change.write, change.wanted) == (Write.BOOK, (MIDDLE, slot_at(9)))


def test_a_refusal_raises_inside_the_transaction() -> None:
    """There the stored reply of an earlier try has been looked for."""
    error = NotOffered(NotOfferedReason.PAST, "gone", "nothing")
    with pytest.raises(NotOffered) as caught:
        refusal(error, Write.BOOK).work(Transaction)  # type: ignore[arg-type]  # it is not looked at
    assert caught.value is error
