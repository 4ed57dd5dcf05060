"""A scene: something breaks, the policies answer, and the records tell what happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wire import Plan


class Fact(StrEnum):
    """What can be counted of a scene."""

    BOOKED = "bookings made"
    SENT = "requests that crossed the wire"
    RETRIES = "retries"
    ERRORS = "503s"
    TIMEOUTS = "timeouts"
    REFUSED = "calls refused by the open circuit"
    LIMITED = "429s to the flood"
    DISTURBED = "429s to anybody else"
    FAILED = "requests of visitors that failed"
    DROPPED = "spans dropped"


@dataclass(frozen=True, slots=True)
class Act:
    """A change on stage, at `share` of the scene's time (0 to 1).

    `plan`: the faults from then on. `listening`: whether the way to the API is open.
    `collecting`: whether the way to the collector is. None leaves a thing as it is.
    `after_state`: wait until the circuit is in this state.
    """

    share: float
    says: str
    plan: Plan | None = None
    listening: bool | None = None
    collecting: bool | None = None
    after_state: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One scene of the demonstration.

    `broken`, `answer`: what breaks, and what the policies do about it. `panels`: where to see
    it, by the uid of the dashboard. `search`: the Jaeger search for it. `spans`: names of spans
    that make a trace worth showing. `greedy_per_s`: requests a second of a visitor who heeds no
    limit (0 for none). `expects`: what must happen, how often at least. `never`: what must not
    happen. `path`: the states that the circuit must go through.
    """

    name: str
    broken: str
    answer: str
    acts: tuple[Act, ...]
    panels: Mapping[str, tuple[str, ...]]
    search: str
    spans: tuple[str, ...] = ()
    greedy_per_s: float = 0.0
    duration_s: float = 25.0
    expects: Mapping[Fact, int] = field(default_factory=dict)
    never: frozenset[Fact] = frozenset()
    path: tuple[str, ...] = ()
