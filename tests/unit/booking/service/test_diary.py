"""Which offered slots are still free."""

from datetime import date
from typing import cast

from tests.booking_shop import LONG, NOW, local_times, shop, slot_at

from booking.domain.business import Business
from booking.domain.model import Slot
from booking.service.diary import Diary
from booking.service.ports import Store

MONDAY = date(2026, 6, 1)


class Claims:
    """The claims of a store, which remember the questions; `full` claims every cell."""

    def __init__(self, *slots: Slot, full: bool = False) -> None:
        self._claimed = {cell for slot in slots for cell in slot.cells()}
        self._full = full
        self.asked: list[range] = []

    def claimed(self, provider_id: str, cells: range) -> frozenset[int]:
        """Those of the cells that the slots cover."""
        self.asked.append(cells)
        return frozenset(cells) if self._full else frozenset(self._claimed & set(cells))


def diary_over(claims: Claims, business: Business | None = None) -> Diary:
    """The shop's diary over these claims; nothing else of the store is asked."""
    return Diary(business or shop(), cast(Store, claims))


def test_a_claimed_slot_is_not_free() -> None:
    """The slots of a day are those of the grid without the claimed one."""
    slots = diary_over(Claims(slot_at(10))).free(LONG, MONDAY, 1, NOW)
    assert local_times(shop(), slots) == [f"{hour:02}:00" for hour in (9, 11, 12, 14, 15, 16, 17)]


def test_one_read_covers_all_days() -> None:
    """However many days are wanted, the store is asked once, for just their cells."""
    claims = Claims()
    list(diary_over(claims).free(LONG, MONDAY, 2, NOW))
    last = slot_at(17, service=LONG, day=2)
    assert claims.asked == [range(slot_at(9).cells().start, last.cells().stop)]


def test_nothing_offered_asks_nothing() -> None:
    """A weekend costs no read."""
    claims = Claims()
    assert list(diary_over(claims).free(LONG, date(2026, 6, 6), 2, NOW)) == []
    assert claims.asked == []


def test_alternatives_are_the_next_five_free_slots() -> None:
    """They follow the taken slot, skip what is claimed, and cross the night."""
    taken = slot_at(14, service=LONG)
    diary = diary_over(Claims(taken, slot_at(15, service=LONG)))
    assert diary.after(LONG, taken, NOW) == [
        slot_at(16, service=LONG),
        slot_at(17, service=LONG),
        slot_at(9, service=LONG, day=2),
        slot_at(10, service=LONG, day=2),
        slot_at(11, service=LONG, day=2),
    ]


def test_the_search_for_alternatives_ends() -> None:
    """A store that has nothing free is asked five times, a week each, even with years ahead."""
    claims = Claims(full=True)
    years = shop(horizon_days=3000)
    assert diary_over(claims, years).after(LONG, slot_at(9), NOW) == []
    assert len(claims.asked) == 5
