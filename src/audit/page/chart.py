"""Charts over the time of a run, as geometry that the page's template writes as SVG."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from audit.page.axis import WIDTH, Axis, Stretch, Tick

HEIGHT = 150.0
ROW_HEIGHT = 22.0


@dataclass(frozen=True, slots=True)
class Box:
    """One part of a stacked bar; `series` is its number in the legend."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart, ready to be drawn; `series` are the names in the legend.

    `paths` has one line for each series, `rows` a name and the stretches of each band.
    """

    title: str
    axis: Axis
    series: Sequence[str] = ()
    boxes: Sequence[Box] = ()
    paths: Sequence[str] = ()
    rows: Sequence[tuple[str, Sequence[Stretch]]] = ()
    up: Sequence[Tick] = ()

    @property
    def height(self) -> float:
        """How high it is, without the time axis."""
        return ROW_HEIGHT * len(self.rows) if self.rows else HEIGHT


def bars(axis: Axis, title: str, moments: Mapping[str, Iterable[float]]) -> Chart:
    """Stacked bars: how often a second each series happened, in each bin."""
    rates = {name: _rates(axis, found) for name, found in moments.items()}
    top = max(sum(values) for values in zip(*rates.values(), strict=True)) or 1.0
    return Chart(
        title=title,
        axis=axis,
        series=tuple(rates),
        boxes=list(_boxes(axis, rates, top)),
        up=[Tick(HEIGHT, "0"), Tick(HEIGHT / 2, f"{top / 2:.3g}"), Tick(0.0, f"{top:.3g}")],
    )


def lines(axis: Axis, title: str, values: Mapping[str, Sequence[float]]) -> Chart:
    """Lines on a logarithmic scale; 0 leaves a gap."""
    known = [value for line in values.values() for value in line if value > 0]
    low = floor(log10(min(known, default=1.0)))
    high = max(low + 1, ceil(log10(max(known, default=1.0))))

    def y(value: float) -> float:
        return round(HEIGHT * (high - log10(value)) / (high - low), 1)

    return Chart(
        title=title,
        axis=axis,
        series=tuple(values),
        paths=[_path(axis, line, y) for line in values.values()],
        up=[Tick(y(10.0**power), f"{10.0**power:g}") for power in range(low, high + 1)],
    )


def _rates(axis: Axis, moments: Iterable[float]) -> list[float]:
    found = [0.0] * axis.bins
    for moment_s in moments:
        found[axis.bin_of(moment_s)] += 1 / axis.bin_s
    return found


def _boxes(axis: Axis, rates: Mapping[str, Sequence[float]], top: float) -> Iterable[Box]:
    width, below = WIDTH / axis.bins, [0.0] * axis.bins
    for series, (name, values) in enumerate(rates.items()):
        for number, value in enumerate(values):
            if not value:
                continue
            below[number] += value
            yield Box(
                x=round(number * width, 1),
                y=round(HEIGHT * (1 - below[number] / top), 1),
                width=round(width * 0.86, 1),
                height=round(HEIGHT * value / top, 1),
                series=series,
                title=f"{name}: {value:.3g} a second at {number * axis.bin_s:g} s",
            )


def _path(axis: Axis, values: Sequence[float], y: Callable[[float], float]) -> str:
    width, parts, pen = WIDTH / axis.bins, [], "M"
    for number, value in enumerate(values):
        if value > 0:
            parts.append(f"{pen}{(number + 0.5) * width:.1f} {y(value)}")
        pen = "L" if value > 0 else "M"
    return "".join(parts)
