"""What a measurement is: rounds in turn, a ratio for each round, and the median of the ratios."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, NamedTuple

Values = Mapping[str, float]
Round = Callable[[], Values]
Say = Callable[[str], None]


class Broken(Exception):
    """Something did not work, or gave a wrong answer: the figures would mean nothing."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long to measure: rounds, seconds of each, requests early and in all for the memory.

    `say` shows progress, `notes` collects what a reader should know.
    """

    rounds: int
    seconds: float
    requests: tuple[int, int]
    directory: Path
    random: Random
    say: Say
    notes: list[str] = field(default_factory=list)

    def shuffled(self, cases: Sequence[str]) -> list[str]:
        """The cases in another order for each round, so that none is always the first."""
        return self.random.sample(list(cases), len(cases))


class Spread(NamedTuple):
    """The median of some figures, with the lowest and the highest."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Target:
    """A ratio of two cases (or, without `to`, a figure) that is wanted `now` and in the `end`.

    `at_most`: less is better. `worst`: the highest round counts instead of the median.
    `peers`: the two cases whose ratio is that of the peers.
    """

    of: str = "ours"
    to: str = ""
    now: float
    end: float
    at_most: bool = False
    worst: bool = False
    peers: tuple[str, str] | None = None

    def met(self, value: float, wanted: float) -> bool:
        """Whether the value is on the right side of what is wanted."""
        return value <= wanted if self.at_most else value >= wanted


@dataclass(frozen=True, kw_only=True)
class Row:
    """One kind of work: `start(plan)` sets it up and gives the function that does one round.

    `work` says what is done, `unit` what the values of a round are. A row with `once` has a
    single round.
    """

    name: str
    work: str
    unit: str
    targets: tuple[Target, ...]
    start: Callable[[Plan], AbstractContextManager[Round]]
    once: bool = False


@dataclass(frozen=True)
class Measured:
    """What came of a row."""

    row: Row
    rounds: Sequence[Values]
    notes: Sequence[str]

    def figure(self, case: str) -> Spread:
        """The figure of one case."""
        return _spread([values[case] for values in self.rounds])

    def ratio(self, of: str, to: str) -> Spread:
        """The ratio of two cases, or the figure of the first when there is no second."""
        if not to:
            return self.figure(of)
        return _spread([values[of] / values[to] for values in self.rounds])

    def value(self, target: Target) -> float:
        """What is compared with the target."""
        spread = self.ratio(target.of, target.to)
        return spread.high if target.worst else spread.middle

    def as_json(self) -> dict[str, Any]:
        """Everything, for a file."""
        ratios = [
            {
                "of": target.of,
                "to": target.to,
                **self.ratio(target.of, target.to)._asdict(),
                "now": target.now,
                "met": target.met(self.value(target), target.now),
                "end": target.end,
                "at_most": target.at_most,
                "peers": target.peers and self.ratio(*target.peers).middle,
            }
            for target in self.row.targets
        ]
        return {
            "unit": self.row.unit,
            "ratios": ratios,
            "rounds": [*self.rounds],
            "notes": self.notes,
        }


def measure(row: Row, plan: Plan) -> Measured:
    """Do the rounds of a row; raises Broken."""
    count = 1 if row.once else plan.rounds
    done = []
    before = len(plan.notes)
    plan.say(f"{row.name}: starting")
    with row.start(plan) as one_round:
        for number in range(1, count + 1):
            values = one_round()
            done.append(values)
            shown = "  ".join(f"{case} {value:,.4g}" for case, value in values.items())
            plan.say(f"{row.name} {number}/{count} [{row.unit}]: {shown}")
    return Measured(row, done, plan.notes[before:])


def _spread(figures: Sequence[float]) -> Spread:
    return Spread(median(figures), min(figures), max(figures))
