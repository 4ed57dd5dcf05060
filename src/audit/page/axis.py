"""The time axis that all charts of a page share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor

from audit.run import Shade

WIDTH = 880.0
MOST_BINS = 110
MARKS = 8
_STEPS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the time axis: from `x`, `width` wide, with a title and a kind."""

    x: float
    width: float
    title: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Axis:
    """Equal bins from 0 to the end of a run, and the times in which faults were in force."""

    ends_s: float
    faults: Sequence[Shade] = field(default=())

    @property
    def bin_s(self) -> float:
        """The width of a bin in seconds: the smallest round one that gives few enough bins."""
        return _round_up_s(self.ends_s / MOST_BINS)

    @property
    def bins(self) -> int:
        """How many bins there are, one at least."""
        return max(1, ceil(self.ends_s / self.bin_s))

    def bin_of(self, moment_s: float) -> int:
        """The bin of a moment; what lies outside belongs to the first or the last."""
        return min(self.bins - 1, max(0, floor(moment_s / self.bin_s)))

    def x(self, moment_s: float) -> float:
        """Where a moment lies."""
        length_s = self.bins * self.bin_s
        return round(WIDTH * min(max(moment_s, 0.0), length_s) / length_s, 1)

    def stretch(self, from_s: float, to_s: float, title: str, kind: str = "") -> Stretch:
        """The part from one moment to another, wide enough to be seen."""
        x = self.x(from_s)
        return Stretch(x, max(1.5, round(self.x(to_s) - x, 1)), title, kind)

    def shades(self) -> list[Stretch]:
        """The times in which faults were in force."""
        return [self.stretch(fault.from_s, fault.to_s, fault.name) for fault in self.faults]

    def ticks(self) -> list[Tick]:
        """A few marks at round times."""
        step_s = _round_up_s(self.ends_s / MARKS)
        count = floor(self.bins * self.bin_s / step_s)
        return [Tick(self.x(n * step_s), f"{n * step_s:g} s") for n in range(count + 1)]


def _round_up_s(seconds: float) -> float:
    return next((step_s for step_s in _STEPS_S if step_s >= seconds), float(ceil(seconds)))
