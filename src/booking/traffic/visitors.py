"""Visitors: invented people, each with an address, and so a limit, of their own."""

import heapq
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from booking.agent.model import Person
from booking.traffic.journey import MOST_REQUESTS

_FIRST = ("Ada", "Alan", "Barbara", "Donald", "Edsger", "Frances", "Grace", "John", "Radia", "Tony")
_LAST = ("Birch", "Brook", "Cliff", "Field", "Heath", "Marsh", "Meadow", "Shore", "Stone", "Wood")

MINUTE_S = 61.0
"""A minute, and the second after which the last request of a window is forgotten for sure."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """An invented person; `address` is theirs, "" for that of this machine."""

    number: int
    person: Person
    address: str


BLOCKS = 60_000
"""Where the addresses of visitors may begin, in blocks of 250 from 127.16.0.2 on."""


def visitors(draw: Random, count: int, block: int | None) -> Sequence[Visitor]:
    """That many invented people, with addresses from a block on, or (None) all with none."""
    return [
        Visitor(number, _person(draw, number), _address(block, number)) for number in range(count)
    ]


def _address(block: int | None, number: int) -> str:
    if block is None:
        return ""
    network, third = divmod(block + number // 250, 256)
    return f"127.{16 + network}.{third}.{number % 250 + 2}"


def _person(draw: Random, number: int) -> Person:
    first, last = draw.choice(_FIRST), draw.choice(_LAST)
    return Person(
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@example.com".lower(),
        phone=f"+1 212 555 01{number % 100:02}",
    )


def rest_s(per_hour: int) -> float:
    """How long after a journey a visitor comes again, so that no limit is ever reached."""
    return max(MINUTE_S, 3600.0 * MOST_REQUESTS / per_hour)


class Waiting:
    """Visitors who wait for their next journey, the most rested first."""

    def __init__(self, people: Sequence[Visitor], rest_s: float) -> None:
        self._rest_s = rest_s
        self._ready = [(0.0, visitor.number, visitor) for visitor in people]
        self._lock = threading.Lock()

    def take(self, now_s: float) -> Visitor | None:
        """Somebody who has rested; None when nobody has."""
        with self._lock:
            if not self._ready or self._ready[0][0] > now_s:
                return None
            return heapq.heappop(self._ready)[2]

    def give_back(self, visitor: Visitor, now_s: float) -> None:
        """The visitor's journey has ended."""
        with self._lock:
            ready_s = now_s + self._rest_s
            heapq.heappush(self._ready, (ready_s, visitor.number, visitor))
