"""Slots, cells and clients."""

from datetime import timedelta

from tests.booking_shop import CLIENT, LONG, MIDDLE, NOW, SHORT, slot_at

from booking.domain.model import CELL_MINUTES, Slot, free_slots


def test_a_slot_covers_each_of_its_cells() -> None:
    """A slot of an hour has twelve cells, counted in five minutes since 1970."""
    slot = slot_at(9, service=LONG)
    first = int(slot.start.timestamp()) // 60 // CELL_MINUTES
    assert slot.cells() == range(first, first + 12)


def test_neighbours_share_no_cell() -> None:
    """The cell in which one slot ends is the first of the next."""
    assert slot_at(9).cells().stop == slot_at(9, 30).cells().start


def test_a_begun_cell_is_covered() -> None:
    """A slot that ends inside a cell claims all of it."""
    assert len(Slot(NOW, NOW + timedelta(minutes=6)).cells()) == 2


def test_free_slots_touch_no_claimed_cell() -> None:
    """A claimed half hour takes away every slot that overlaps it, and no other."""
    claimed = frozenset(slot_at(9, 30, service=MIDDLE).cells())
    shorts = [slot_at(9, minute, service=SHORT) for minute in (0, 20, 40)] + [slot_at(10)]
    assert list(free_slots(shorts, claimed)) == [shorts[0], shorts[3]]


def test_a_client_shows_nothing_of_itself() -> None:
    """The representation of personal data is empty, so no traceback can leak it."""
    assert (repr(CLIENT), f"{CLIENT}") == ("Client(...)", "Client(...)")
