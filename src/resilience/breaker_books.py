"""What a breaker keeps account of: its state since when, times in state, calls by verdict."""

from collections.abc import Iterable
from itertools import count

from resilience.gauges import (
    BREAKER_CALLS,
    BREAKER_STATE,
    BREAKER_STATE_SECONDS,
    BREAKER_TRIPPING,
    Reading,
)
from resilience.permit import Judged
from resilience.vocabulary import State


class QuickCount:
    """A counter that any thread may add to without a lock, in one atomic step.

    That step is `next(numbers)`: a bound `__next__` is called at twice the cost.
    """

    def __init__(self) -> None:
        self.numbers = count()
        self._looks = 0

    def value(self) -> int:
        """The sum so far; to be called under a lock, since looking takes a number too."""
        self._looks += 1
        return next(self.numbers) - self._looks + 1


class BreakerBooks:
    """Plain sums, which the breaker's lock guards, and two that need none."""

    def __init__(self, target: str, now_s: float) -> None:
        self._target = target
        self._seconds = dict.fromkeys(State, 0.0)
        self._since_s = now_s
        self.state = State.CLOSED
        self.calls = dict.fromkeys(Judged, 0)
        self.quick_successes = QuickCount()
        self.quick_rejections = QuickCount()

    def enter(self, state: State, now_s: float) -> None:
        """Close the account of the present state and open that of the next."""
        self._seconds[self.state] += now_s - self._since_s
        self.state, self._since_s = state, now_s

    def readings(self, now_s: float, tripping: float) -> Iterable[Reading]:
        """The gauges of the breaker, the present state's time included up to now."""
        yield Reading(BREAKER_TRIPPING, (self._target,), tripping)
        for state, seconds in self._seconds.items():
            holds = state is self.state
            spent = seconds + (now_s - self._since_s if holds else 0.0)
            yield Reading(BREAKER_STATE, (self._target, state), float(holds))
            yield Reading(BREAKER_STATE_SECONDS, (self._target, state), spent)
        quick = {
            Judged.SUCCESS: self.quick_successes.value(),
            Judged.REJECTED: self.quick_rejections.value(),
        }
        for judged, calls in self.calls.items():
            total = calls + quick.get(judged, 0)
            yield Reading(BREAKER_CALLS, (self._target, judged), float(total))
