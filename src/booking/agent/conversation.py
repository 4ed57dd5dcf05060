"""How the agent books: look at the services, look at what is free, book, and mind a taken slot."""

from collections.abc import Sequence
from typing import NamedTuple

from booking.agent.errors import NotFree, Refused
from booking.agent.model import Api, Availability, Booking, Slot, Wish
from resilience.events import Observe

_OFFERED = 5
_KEY_CHARS = 250  # with its number a key stays within the 255 that the API takes


class Sent(NamedTuple):
    """A start that was asked for, and the key that makes asking again harmless."""

    date: str
    start_time: str
    key: str


class Conversation:
    """One person's booking, as one trace.

    `sent` is what was last asked for, None before: when its outcome stays unknown, the same
    start with the same key finds it out.
    """

    def __init__(self, api: Api, observe: Observe) -> None:
        self._api = api
        self._observe = observe
        self.sent: Sent | None = None

    def book(self, wish: Wish, key: str, *, known_key: bool = False) -> Booking:
        """Book what was wished, or with `take_next` the next free start.

        `known_key`: the key may have been used before, so the wished start is asked for even
        when it is not free, since its taker may have been this very wish.

        Raises NotFree with alternatives, Refused with the API's sentence, and whatever the
        protected session raises when the API cannot be reached.
        """
        with self._observe("book_appointment"):
            self._check_service(wish)
            wanted = (wish.date, wish.start_time)
            free = self._api.availability(wish.service_id, wish.date)
            others = _near(free, wanted)
            taken = NotFree(_not_offered(wish, others), others)
            if known_key or any(slot.start == wanted for slot in free.available_slots):
                try:
                    return self._send(wish, wanted, key)
                except NotFree as refused:
                    taken = refused if refused.alternatives else taken
            if not wish.take_next or not taken.alternatives:
                raise taken
            return self._first_free(wish, taken.alternatives, key)

    def _check_service(self, wish: Wish) -> None:
        offers = self._api.services()
        if all(offer.id != wish.service_id for offer in offers):
            known = ", ".join(f"{offer.id} ({offer.name})" for offer in offers)
            raise Refused(404, f"There is no service {wish.service_id!r}. Choose one of: {known}.")

    def _first_free(self, wish: Wish, slots: Sequence[Slot], key: str) -> Booking:
        """Each start has a key of its own: one key stands for one request."""
        for number, slot in enumerate(slots[:_OFFERED], 1):
            try:
                return self._send(wish, slot.start, f"{key[:_KEY_CHARS]}-{number}")
            except NotFree as refused:
                taken = refused
        raise taken

    def _send(self, wish: Wish, start: tuple[str, str], key: str) -> Booking:
        self.sent = Sent(*start, key)
        return self._api.book(wish, start, key)


def _near(free: Availability, wanted: tuple[str, str]) -> list[Slot]:
    """The next free starts after the wanted one, else the first free ones."""
    others = [slot for slot in free.available_slots if slot.start != wanted]
    after = [slot for slot in others if slot.start > wanted]
    return (after or others)[:_OFFERED]


def _not_offered(wish: Wish, others: Sequence[Slot]) -> str:
    sentence = f"{wish.start_time} on {wish.date} is not free."
    return sentence if others else f"{sentence} Nothing else is free from that day on."
