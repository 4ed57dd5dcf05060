"""Draws one panel of each kind into the axes that it is given."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from tests.stack.drawing.over_time import SMALL, Line, defaults_of, heat, timeline, timeseries
from tests.stack.drawing.words import LINES, colour_of, mapped, number

INK = "#24292f"


def draw(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line], step_s: float) -> None:
    """Draw the panel; what has no data says so."""
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    shown = [line for line in lines if line.points]
    if not shown:
        empty = defaults_of(panel).get("noValue", "no data")
        axes.text(0.5, 0.5, empty, ha="center", va="center", color="#6e7781", fontsize=9)
        return
    KINDS[panel["type"]](axes, panel, shown, step_s)


def _stat(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line], _: float) -> None:
    defaults = defaults_of(panel)
    for place, line in enumerate(lines):
        value = line.points[-1][1]
        colour = colour_of(value, defaults["thresholds"]["steps"])
        text = number(value, defaults["unit"], defaults.get("decimals"))
        if word := mapped(value, defaults.get("mappings", ())):
            text, colour = word
        _tile(axes, (place, len(lines)), (text, line.name, colour))


def _tile(axes: Axes, place: tuple[int, int], shown: tuple[str, str, str]) -> None:
    """One of several tiles, in rows of three when there are many."""
    at, count = place
    columns = 3 if count > 3 else 1
    rows = -(-count // columns)
    text, name, colour = shown
    left, bottom = (at % columns) / columns, 1 - (at // columns + 1) / rows
    box = (1 / columns - 0.01, 1 / rows - 0.03)
    axes.add_patch(Rectangle((left, bottom), *box, facecolor=colour, edgecolor="none"))
    middle = bottom + box[1] / 2
    axes.text(left + 0.03 / columns, middle, name, va="center", color="white", fontsize=SMALL)
    axes.text(
        left + box[0] - 0.03 / columns,
        middle,
        text,
        va="center",
        ha="right",
        color="white",
        fontsize=11,
        fontweight="bold",
    )


def _gauge(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line], _: float) -> None:
    defaults = defaults_of(panel)
    lowest = defaults["min"]
    for place, line in enumerate(lines):
        value, height = line.points[-1][1], 1 / len(lines)
        bottom = 1 - (place + 1) * height
        share = min(1.0, max(0.0, (value - lowest) / (1 - lowest)))
        colour = colour_of(value, defaults["thresholds"]["steps"])
        bar = 0.35 * height
        axes.add_patch(Rectangle((0, bottom + 0.1 * height), 1, bar, facecolor="#eaeef2"))
        axes.add_patch(Rectangle((0, bottom + 0.1 * height), share, bar, facecolor=colour))
        words = f"{line.name}: {number(value, 'percentunit')}"
        axes.text(0, bottom + 0.6 * height, words, va="center", color=INK, fontsize=SMALL + 1.5)


def _bars(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line], _: float) -> None:
    values = [line.points[-1][1] for line in lines]
    places = range(len(lines))
    axes.barh(places, values, color=LINES[0], height=0.6)
    axes.set_yticks(places, [line.name for line in lines], fontsize=SMALL)
    axes.tick_params(length=0)
    axes.invert_yaxis()
    axes.set_xlim(0, (max(values) or 1) * 1.18)
    for place, value in zip(places, values, strict=True):
        words = " " + number(value, defaults_of(panel)["unit"], defaults_of(panel).get("decimals"))
        axes.text(value, place, words, va="center", fontsize=SMALL, color=INK)


def _table(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line], _: float) -> None:
    options = panel["transformations"][0]["options"]["excludeByName"]
    rows = [{k: v for k, v in line.labels.items() if k not in options} for line in lines]
    for place, row in enumerate(rows[:8]):
        words = "   ".join(row[name] for name in sorted(row) if row[name])
        axes.text(0, 1 - (place + 0.6) / 8, words, va="center", fontsize=SMALL + 0.5, color=INK)


KINDS: Mapping[str, Callable[[Axes, Mapping[str, Any], Sequence[Line], float], None]] = {
    "timeseries": timeseries,
    "stat": _stat,
    "gauge": _gauge,
    "bargauge": _bars,
    "state-timeline": timeline,
    "table": _table,
    "heatmap": heat,
}
