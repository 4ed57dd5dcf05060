"""Which offered slots are still free."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from booking.domain.business import Business
from booking.domain.model import Service, Slot, free_slots
from booking.domain.slots import offered_slots
from booking.service.ports import Store

MAX_ALTERNATIVES = 5
_WINDOW_DAYS = 7
_WINDOWS = 5


class Diary:
    """The free time of a business's provider, as the store has it at this moment."""

    def __init__(self, business: Business, store: Store) -> None:
        self._business = business
        self._store = store

    def free(self, service: Service, first: date, days: int, now: datetime) -> Iterator[Slot]:
        """The free slots of these days, in their order; one read of the store."""
        slots = list(offered_slots(self._business, service, first=first, days=days, now=now))
        if not slots:
            return iter(())
        cells = range(slots[0].cells().start, slots[-1].cells().stop)
        return free_slots(slots, self._store.claimed(self._business.provider.id, cells))

    def after(self, service: Service, taken: Slot, now: datetime) -> list[Slot]:
        """Up to 5 free slots next to a taken one, looking no more than 35 days ahead of it."""
        return list(islice(self._after(service, taken, now), MAX_ALTERNATIVES))

    def _after(self, service: Service, taken: Slot, now: datetime) -> Iterator[Slot]:
        first = self._business.local(taken.start).date()
        for window in range(_WINDOWS):
            begin = first + timedelta(days=window * _WINDOW_DAYS)
            for slot in self.free(service, begin, _WINDOW_DAYS, now):
                if slot.start > taken.start:
                    yield slot
