"""How the agent books: look at the services, look at what is free, book, and mind a taken slot."""

from collections.abc import Sequence

from booking.agent.errors import NotFree, Refused
from booking.agent.model import Api, Availability, Booking, Slot, Wish
from resilience.events import Observe

_OFFERED = 5


class Conversation:
    """One person's booking, as one trace."""

    def __init__(self, api: Api, observe: Observe) -> None:
        self._api = api
        self._observe = observe

    def book(self, wish: Wish, key: str) -> Booking:
        """Book what was wished, or with `take_next` the next free start.

        Raises NotFree with alternatives, Refused with the API's sentence, and whatever the
        protected session raises when the API cannot be reached.
        """
        with self._observe("book_appointment"):
            self._check_service(wish)
            wanted = (wish.date, wish.start_time)
            free = self._api.availability(wish.service_id, wish.date)
            if any(slot.start == wanted for slot in free.available_slots):
                return self._first_free(wish, [wanted], key)
            others = _near(free, wanted)
            if not wish.take_next or not others:
                raise NotFree(_not_offered(wish, others), others)
            return self._first_free(wish, [slot.start for slot in others], key)

    def _check_service(self, wish: Wish) -> None:
        offers = self._api.services()
        if all(offer.id != wish.service_id for offer in offers):
            known = ", ".join(f"{offer.id} ({offer.name})" for offer in offers)
            raise Refused(404, f"There is no service {wish.service_id!r}. Choose one of: {known}.")

    def _first_free(self, wish: Wish, starts: Sequence[tuple[str, str]], key: str) -> Booking:
        """Each start has a key of its own: one key stands for one request."""
        queue, tried = list(starts), 0
        while True:
            start = queue.pop(0)
            try:
                return self._api.book(wish, start, key if not tried else f"{key}-{tried}")
            except NotFree as taken:
                tried += 1
                queue = queue or [slot.start for slot in taken.alternatives]
                if not wish.take_next or not queue or tried > _OFFERED:
                    raise


def _near(free: Availability, wanted: tuple[str, str]) -> list[Slot]:
    """The next free starts after the wanted one, else the first free ones."""
    after = [slot for slot in free.available_slots if slot.start > wanted]
    return (after or free.available_slots)[:_OFFERED]


def _not_offered(wish: Wish, others: Sequence[Slot]) -> str:
    sentence = f"{wish.start_time} on {wish.date} is not free."
    if not others:
        return f"{sentence} Nothing is free from that day on: try an earlier date."
    offered = ", ".join(f"{slot.date} {slot.start_time}" for slot in others)
    return f"{sentence} Free instead: {offered}."
