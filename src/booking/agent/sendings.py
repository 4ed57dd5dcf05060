"""Which alternative was last asked for under a caller's key, so that a repeated key finds it."""

import hashlib
import threading
from collections import OrderedDict
from typing import NamedTuple

from booking.agent.model import Wish


class Sending(NamedTuple):
    """A start that was asked for: the wished one (`number` 0), or an alternative."""

    start: tuple[str, str]
    number: int


class Sendings:
    """Remembers the newest `most` (10,000) alternatives; of wishes only a digest. Thread-safe.

    The wished start needs no memory: it is what a repeated key asks for anyway.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, Sending] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, caller: str, key: str, wish: Wish, sending: Sending) -> None:
        """This is about to be asked for."""
        digest = _digest(caller, key, wish)
        with self._lock:
            self._kept.pop(digest, None)
            if sending.number:
                self._kept[digest] = sending
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def last(self, caller: str, key: str, wish: Wish) -> Sending | None:
        """The alternative last asked for; None if it was the wished start, or is forgotten."""
        with self._lock:
            return self._kept.get(_digest(caller, key, wish))


def _digest(caller: str, key: str, wish: Wish) -> bytes:
    return hashlib.sha256(repr((caller, key, wish)).encode()).digest()
