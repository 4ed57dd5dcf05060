"""An independent model of the circuit breaker: which path its transitions may take."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from audit.records import Line

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"
BY_HAND = "by_hand"
_MOVES = {
    (CLOSED, OPEN): frozenset(("consecutive_failures", "failure_rate", "slow_call_rate")),
    (OPEN, HALF_OPEN): frozenset(("break_over",)),
    (HALF_OPEN, CLOSED): frozenset(("probe_succeeded",)),
    (HALF_OPEN, OPEN): frozenset(("probe_failed",)),
}
_TOLD_LATE_S = 0.05
"""Transitions are told after they happened, by whichever thread made them."""


class Stay(NamedTuple):
    """A time in one state, from the transition into it; `until_s` None while it lasts."""

    state: str
    since_s: float
    until_s: float | None
    entry: Line | None


def is_legal(line: Line) -> bool:
    """Whether a breaker may make this transition for this reason; by hand it may make any."""
    _, left, entered, reason = line.labels[:4]
    return reason == BY_HAND or reason in _MOVES.get((left, entered), ())


def in_order(lines: Iterable[Line]) -> Iterator[tuple[Line, str]]:
    """The transitions as they follow from each other, with the state that was before each.

    Two that were told within a moment may stand in the wrong order.
    """
    waiting = sorted(lines, key=lambda line: line.at_s)
    state = CLOSED
    while waiting:
        near = [line for line in waiting if line.at_s <= waiting[0].at_s + _TOLD_LATE_S]
        following = next((line for line in near if line.labels[1] == state), waiting[0])
        waiting.remove(following)
        yield following, state
        state = following.labels[2]


def stays(path: Iterable[Line], began_s: float) -> list[Stay]:
    """The times in each state, beginning with closed."""
    found = [Stay(CLOSED, began_s, None, None)]
    for line in path:
        found[-1] = found[-1]._replace(until_s=line.at_s)
        found.append(Stay(line.labels[2], line.at_s, None, line))
    return found
