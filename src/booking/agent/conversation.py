"""How the agent books: look at the services, look at what is free, book, and mind a taken slot."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from booking.agent.errors import NotFree, Refused
from booking.agent.model import Api, Availability, Booking, Slot, Wish
from booking.agent.sendings import Sending, Sendings
from resilience.events import Observe

_OFFERED = 5
_KEY_CHARS = 250
"""With its number such a key stays within the 255 characters that the API takes."""


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

    def __init__(
        self, api: Api, observe: Observe, sendings: Sendings | None = None, caller: str = ""
    ) -> None:
        """`sendings`: what was asked for before, by `caller` among others (nothing)."""
        self._api = api
        self._observe = observe
        self._sendings, self._caller = sendings or Sendings(), caller
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
            earlier = self._sendings.last(self._caller, key, wish) if known_key else None
            if earlier is None or not earlier.number:
                return self._book(wish, key, known_key, 1)
            try:  # an alternative whose booking may never have been told
                return self._send(wish, key, earlier)
            except NotFree:
                return self._book(wish, key, known_key, earlier.number + 1)

    def _book(self, wish: Wish, key: str, known_key: bool, number: int) -> Booking:
        wanted = (wish.date, wish.start_time)
        free = self._api.availability(wish.service_id, wish.date)
        others = _near(free, wanted)
        taken = NotFree(_not_offered(wish, others), others)
        if known_key or any(slot.start == wanted for slot in free.available_slots):
            try:
                return self._send(wish, key, Sending(wanted, 0))
            except NotFree as refused:
                taken = refused if refused.alternatives else taken
        if not wish.take_next or not taken.alternatives:
            raise taken
        return self._first_free(wish, taken.alternatives, key, number)

    def _check_service(self, wish: Wish) -> None:
        offers = self._api.services()
        if all(offer.id != wish.service_id for offer in offers):
            known = ", ".join(f"{offer.id} ({offer.name})" for offer in offers)
            raise Refused(404, f"There is no service {wish.service_id!r}. Choose one of: {known}.")

    def _first_free(self, wish: Wish, slots: Sequence[Slot], key: str, number: int) -> Booking:
        """Each start has a key of its own, numbered from `number`: one key is one request."""
        for each, slot in enumerate(slots[:_OFFERED], number):
            try:
                return self._send(wish, key, Sending(slot.start, each))
            except NotFree as refused:
                taken = refused
        raise taken

    def _send(self, wish: Wish, key: str, sending: Sending) -> Booking:
        self._sendings.note(self._caller, key, wish, sending)
        start, own = sending.start, _own_key(key, sending.number)
        self.sent = Sent(*start, own)
        return self._api.book(wish, start, own)


def _own_key(key: str, number: int) -> str:
    """The caller's key for the wished start, one made of it for an alternative."""
    if not number:
        return key
    short = key if len(key) <= _KEY_CHARS else hashlib.sha256(key.encode()).hexdigest()
    return f"{short}-{number}"


def _near(free: Availability, wanted: tuple[str, str]) -> list[Slot]:
    """The next free starts after the wanted one, else the first free ones."""
    others = [slot for slot in free.available_slots if slot.start != wanted]
    after = [slot for slot in others if slot.start > wanted]
    return (after or others)[:_OFFERED]


def _not_offered(wish: Wish, others: Sequence[Slot]) -> str:
    sentence = f"{wish.start_time} on {wish.date} is not free."
    return sentence if others else f"{sentence} Nothing else is free from that day on."
