"""What a breaker keeps account of."""

from resilience.breaker_books import BreakerBooks
from resilience.gauges import (
    BREAKER_CALLS,
    BREAKER_STATE,
    BREAKER_STATE_SECONDS,
    BREAKER_TRIPPING,
    Reading,
)
from resilience.permit import Judged
from resilience.vocabulary import State


def test_every_gauge_names_its_target_and_adds_up() -> None:
    """A state that is entered again goes on with its account, and both ways to count are one."""
    books = BreakerBooks("booking", 100.0)
    for state, now_s in ((State.OPEN, 101.0), (State.CLOSED, 103.0), (State.OPEN, 107.0)):
        books.enter(state, now_s)
    books.calls[Judged.SUCCESS] = 2
    next(books.quick_successes.numbers)
    next(books.quick_rejections.numbers)
    seconds = {**dict.fromkeys(State, 0.0), State.CLOSED: 5.0, State.OPEN: 10.0}
    calls = {**dict.fromkeys(Judged, 0.0), Judged.SUCCESS: 3.0, Judged.REJECTED: 1.0}
    for _ in range(2):
        assert set(books.readings(115.0, 0.25)) == {
            Reading(BREAKER_TRIPPING, ("booking",), 0.25),
            *(Reading(BREAKER_STATE, ("booking", s), float(s is State.OPEN)) for s in State),
            *(Reading(BREAKER_STATE_SECONDS, ("booking", s), seconds[s]) for s in State),
            *(Reading(BREAKER_CALLS, ("booking", judged), calls[judged]) for judged in Judged),
        }
