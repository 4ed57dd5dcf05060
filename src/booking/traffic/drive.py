"""Drives visitors along their journeys until it is stopped."""

import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from random import Random
from types import TracebackType

from pydantic import ValidationError

from booking.traffic.journey import Ask, Where, journey
from booking.traffic.pace import Pace
from booking.traffic.sender import Sender
from booking.traffic.tally import Tally
from booking.traffic.visitors import BLOCKS, Visitor, Waiting, rest_s, visitors

GREEDY_PER_S = 5.0
_WORKERS = 8
_LOOK_AGAIN_S = 0.2
_ONE_OF_MANY = Ask("greedy", Where.API, "GET", "/services")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficOptions:
    """`per_s`: requests a second (1). `users`: visitors (300), with addresses of their own where
    that can be. `seed`: draws the same visitors and wishes again (0). `per_hour`: requests that a
    visitor is allowed (100). `greedy_per_s`: requests a second of one more visitor who heeds no
    limit (0 for none). `block`: where the visitors' addresses begin (drawn anew, so that a second
    run does not meet the limits of the first). `stops_within_s`: how long requests under
    way are waited for at the end (5 s).
    """

    per_s: float = 1.0
    users: int = 300
    seed: int = 0
    per_hour: int = 100
    greedy_per_s: float = 0.0
    block: int = field(default_factory=lambda: secrets.randbelow(BLOCKS))
    stops_within_s: float = 5.0

    @property
    def rest_s(self) -> float:
        """Seconds from a visitor's journey to the next."""
        return rest_s(self.per_hour)


class Traffic:
    """Visitors under way, in threads of this process, while the block runs."""

    def __init__(self, options: TrafficOptions, sender: Sender) -> None:
        self.tally, self.greedy = Tally(), Tally()
        self._options, self._sender = options, sender
        self._stopped = threading.Event()
        self._pace = Pace(options.per_s, self._stopped)
        self._draw, self._kept = Random(options.seed), deque[str]()  # noqa: S311  # not a secret
        count = options.users if sender.tells_apart else 1
        block = options.block if sender.tells_apart else None
        people = visitors(self._draw, count + 1, block)
        self._glutton = people[-1]
        self._waiting = Waiting(people[:count], options.rest_s)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(_WORKERS)]
        if options.greedy_per_s:
            self._threads.append(threading.Thread(target=self._gorge, daemon=True))

    def __enter__(self) -> "Traffic":
        """Let them go."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        """Begin no further request, and wait a little for those under way."""
        self._stopped.set()
        ends_s = time.monotonic() + self._options.stops_within_s
        for thread in self._threads:
            thread.join(max(0.0, ends_s - time.monotonic()))

    def _work(self) -> None:
        while not self._stopped.is_set():
            visitor = self._waiting.take(time.monotonic())
            if visitor is None:
                self._stopped.wait(_LOOK_AGAIN_S)
                continue
            complete = self._walk(visitor)
            self._waiting.give_back(visitor, time.monotonic())
            if not self._stopped.is_set():
                self.tally.enter_journey(complete)

    def _walk(self, visitor: Visitor) -> bool:
        """Whether the journey came to its end."""
        draw = Random(self._draw.getrandbits(64))  # noqa: S311  # not a secret
        steps = journey(draw, visitor.person, self._kept)
        try:
            ask = next(steps)
            while self._pace.wait():
                told = self._sender.send(ask, visitor.address)
                self.tally.enter(ask.step, told.status, told.took_s)
                if not told.fine:
                    return False
                ask = steps.send(told.body)
        except StopIteration:
            return True
        except ValidationError:
            self.tally.enter("nonsense", None, 0.0)
        return False

    def _gorge(self) -> None:
        """Ask again and again, whatever the answer is."""
        pace = Pace(self._options.greedy_per_s, self._stopped)
        while pace.wait():
            told = self._sender.send(_ONE_OF_MANY, self._glutton.address)
            self.greedy.enter(_ONE_OF_MANY.step, told.status, told.took_s)
