"""Charts over the time of a run, as geometry that the page's template writes as SVG."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10

from audit.run import Shade

WIDTH, HEIGHT = 880.0, 150.0
MOST_BINS = 110
_STEPS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the time axis: from `x`, `width` wide, and what it is called."""

    x: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Box:
    """One part of a stacked bar."""

    x: float
    y: float
    width: float
    height: float
    series: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line through the bins that have a value; a gap begins a new path."""

    series: str
    path: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart, ready to be drawn. `series` are the names in the order of the legend."""

    title: str
    unit: str
    series: Sequence[str]
    boxes: Sequence[Box] = ()
    lines: Sequence[Line] = ()
    bands: Sequence[tuple[str, Sequence[Span]]] = ()
    shades: Sequence[Span] = ()
    across: Sequence[Tick] = ()
    up: Sequence[Tick] = ()
    height: float = HEIGHT
    width: float = WIDTH


@dataclass(frozen=True)
class Axis:
    """The time axis that all charts of a page share: equal bins from 0 to the end of the run."""

    ends_s: float
    shades: Sequence[Shade] = field(default=())

    @property
    def bin_s(self) -> float:
        """The width of a bin: the smallest round one that gives few enough."""
        wanted_s = self.ends_s / MOST_BINS
        return next((step_s for step_s in _STEPS_S if step_s >= wanted_s), ceil(wanted_s))

    @property
    def bins(self) -> int:
        """How many bins there are, one at least."""
        return max(1, ceil(self.ends_s / self.bin_s))

    def bin_of(self, moment_s: float) -> int:
        """The bin of a moment; what lies outside belongs to the first or last."""
        return min(self.bins - 1, max(0, floor(moment_s / self.bin_s)))

    def x(self, moment_s: float) -> float:
        """Where a moment lies."""
        length_s = self.bins * self.bin_s
        return round(WIDTH * min(max(moment_s, 0.0), length_s) / length_s, 1)

    def stretch(self, from_s: float, to_s: float, title: str) -> Span:
        """A stretch of time, wide enough to be seen."""
        x = self.x(from_s)
        return Span(x, max(1.5, round(self.x(to_s) - x, 1)), title)

    def shaded(self) -> list[Span]:
        """The times in which a fault was in force."""
        return [self.stretch(s.from_s, s.to_s, s.name) for s in self.shades]

    def ticks(self) -> list[Tick]:
        """About eight marks."""
        step_s = next((s for s in _STEPS_S if s >= self.ends_s / 8), ceil(self.ends_s / 8))
        count = floor(self.bins * self.bin_s / step_s)
        return [Tick(self.x(n * step_s), f"{n * step_s:g} s") for n in range(count + 1)]


def stacked(
    axis: Axis, title: str, unit: str, moments: Mapping[str, Iterable[float]], *, rate: bool = False
) -> Chart:
    """Bars of how often each series happened in each bin, or how often a second with `rate`."""
    per = axis.bin_s if rate else 1.0
    counts = {name: _counted(axis, found, per) for name, found in moments.items()}
    top = max([sum(each) for each in zip(*counts.values(), strict=True)] or [0.0]) or 1.0
    boxes, floors = [], [0.0] * axis.bins
    for name, values in counts.items():
        for number, value in enumerate(values):
            if value:
                boxes.append(_box(axis, name, number, floors[number], value, top))
                floors[number] += value
    return Chart(
        title=title,
        unit=unit,
        series=tuple(counts),
        boxes=boxes,
        shades=axis.shaded(),
        across=axis.ticks(),
        up=[Tick(HEIGHT, "0"), Tick(HEIGHT / 2, f"{top / 2:.3g}"), Tick(0.0, f"{top:.3g}")],
    )


def logarithmic(
    axis: Axis, title: str, unit: str, values: Mapping[str, Sequence[float | None]]
) -> Chart:
    """Lines on a logarithmic scale; None leaves a gap."""
    known = [value for line in values.values() for value in line if value]
    low = floor(log10(min(known, default=1.0)))
    high = max(low + 1, ceil(log10(max(known, default=1.0))))

    def y(value: float) -> float:
        return round(HEIGHT * (1 - (log10(value) - low) / (high - low)), 1)

    return Chart(
        title=title,
        unit=unit,
        series=tuple(values),
        lines=[Line(name, _path(axis, line, y)) for name, line in values.items()],
        shades=axis.shaded(),
        across=axis.ticks(),
        up=[Tick(y(10.0**power), f"{10.0**power:g}") for power in range(low, high + 1)],
    )


def bands(axis: Axis, title: str, rows: Sequence[tuple[str, Sequence[Span]]]) -> Chart:
    """Rows of stretches, such as the states that something was in."""
    return Chart(
        title=title,
        unit="",
        series=(),
        bands=rows,
        shades=axis.shaded(),
        across=axis.ticks(),
        height=max(22.0 * len(rows), 22.0),
    )


def _counted(axis: Axis, moments: Iterable[float], per: float) -> list[float]:
    found = [0.0] * axis.bins
    for moment_s in moments:
        found[axis.bin_of(moment_s)] += 1 / per
    return found


def _box(axis: Axis, name: str, number: int, bottom: float, value: float, top: float) -> Box:
    width = WIDTH / axis.bins
    height = HEIGHT * value / top
    y = HEIGHT * (1 - bottom / top) - height
    title = f"{name}: {value:.4g} at {number * axis.bin_s:g} s"
    return Box(
        round(number * width, 1), round(y, 1), round(width * 0.86, 1), round(height, 1), name, title
    )


def _path(axis: Axis, values: Sequence[float | None], y: "Height") -> str:
    width, parts, pen = WIDTH / axis.bins, [], "M"
    for number, value in enumerate(values):
        if value:
            parts.append(f"{pen}{(number + 0.5) * width:.1f} {y(value)}")
        pen = "L" if value else "M"
    return "".join(parts)


Height = "Callable[[float], float]"
