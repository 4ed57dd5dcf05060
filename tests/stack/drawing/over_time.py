"""Draws what changes over time: lines, states and heat maps."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import matplotlib.dates as mdates
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LinearLocator, MaxNLocator
from tests.stack.drawing.words import COLOURS, LINES, mapped, number

PALE, SMALL = "#d0d7de", 7


@dataclass(frozen=True, slots=True)
class Line:
    """A named series: times in seconds since the epoch, and values."""

    name: str
    points: Sequence[tuple[float, float]]
    labels: Mapping[str, str]


def defaults_of(panel: Mapping[str, Any]) -> Mapping[str, Any]:
    """How the panel shows its fields."""
    found: Mapping[str, Any] = panel["fieldConfig"]["defaults"]
    return found


def _times(line: Line, step_s: float) -> tuple[list[datetime], list[float]]:
    """Points with gaps where answers are missing."""
    times, values, last = [], [], None
    for at, value in line.points:
        if last is not None and at - last > 1.5 * step_s:
            times.append(datetime.fromtimestamp(last + step_s, UTC))
            values.append(float("nan"))
        times.append(datetime.fromtimestamp(at, UTC))
        values.append(value)
        last = at
    return times, values


def _over_time(axes: Axes, unit: str) -> None:
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(PALE)
    axes.xaxis.set_major_locator(LinearLocator(5))
    formatter = mdates.DateFormatter("%H:%M:%S")  # type: ignore[no-untyped-call]  # untyped there
    axes.xaxis.set_major_formatter(formatter)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, unit)))
    axes.tick_params(labelsize=SMALL, colors="#57606a", length=0)
    axes.grid(axis="y", color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)


def _legend(axes: Axes, columns: int) -> None:
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.12),
        ncols=columns,
        fontsize=SMALL - 0.5,
        frameon=False,
        handlelength=1.2,
        columnspacing=1,
        labelspacing=0.25,
    )


def legend_columns(count: int) -> int:
    """How many names stand beside each other."""
    return 2 if count > 3 else max(1, count)


def timeseries(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line], step_s: float) -> None:
    """Lines, or layers above each other, with their limits."""
    defaults = defaults_of(panel)
    custom = defaults.get("custom", {})
    _over_time(axes, defaults["unit"])
    if custom.get("stacking", {}).get("mode") == "normal":
        _stack(axes, panel, lines)
    else:
        for place, line in enumerate(lines):
            colour = _colour(panel, line.name, place)
            axes.plot(*_times(line, step_s), color=colour, linewidth=1.2, label=line.name)  # type: ignore[arg-type]  # dates
    _limits(axes, defaults)
    if defaults.get("min") is not None:
        axes.set_ylim(bottom=defaults["min"])
    if defaults.get("max") is not None:
        axes.set_ylim(top=defaults["max"] * 1.02)
    _legend(axes, legend_columns(len(lines)))


def _colour(panel: Mapping[str, Any], name: str, place: int) -> str:
    """The colour of a series: fixed by an override, else the next one."""
    for override in panel["fieldConfig"]["overrides"]:
        if re.search(override["matcher"]["options"].strip("/"), name):
            return COLOURS[override["properties"][0]["value"]["fixedColor"]]
    return LINES[place % len(LINES)]


def _stack(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line]) -> None:
    times = sorted({at for line in lines for at, _ in line.points})
    rows = [[dict(line.points).get(at, 0.0) for at in times] for line in lines]
    when = [datetime.fromtimestamp(at, UTC) for at in times]
    colours = [_colour(panel, line.name, place) for place, line in enumerate(lines)]
    axes.stackplot(when, rows, labels=[one.name for one in lines], colors=colours, alpha=0.75)  # type: ignore[arg-type]  # dates


def _limits(axes: Axes, defaults: Mapping[str, Any]) -> None:
    """The thresholds as dashed lines, those that the values come near to."""
    if defaults.get("custom", {}).get("thresholdsStyle", {}).get("mode") != "dashed":
        return
    highest = max(axes.get_ylim()[1], 0)
    for step in defaults["thresholds"]["steps"][1:]:
        if step["value"] <= 2 * highest:
            axes.axhline(
                step["value"], color=COLOURS[step["color"]], linewidth=0.9, linestyle=(0, (4, 3))
            )


def timeline(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line], step_s: float) -> None:
    """Which state held when, a line for each series."""
    mappings = defaults_of(panel)["mappings"]
    _over_time(axes, "none")
    axes.grid(visible=False)
    for place, line in enumerate(lines):
        for at, value in line.points:
            begin = mdates.date2num(datetime.fromtimestamp(at, UTC))  # type: ignore[no-untyped-call]  # untyped there
            word = mapped(value, mappings)
            assert word, value
            axes.broken_barh([(begin, step_s / 86_400)], (place - 0.35, 0.7), color=word[1])
    axes.xaxis_date()
    axes.set_yticks(range(len(lines)), [line.name for line in lines], fontsize=SMALL)
    axes.invert_yaxis()
    _states(axes, mappings)


def _states(axes: Axes, mappings: Sequence[Mapping[str, Any]]) -> None:
    """The words for the colours."""
    found = [one for mapping in mappings for one in mapping["options"].values()]
    for one in sorted(found, key=lambda each: each["index"]):
        axes.plot([], [], color=COLOURS[one["color"]], linewidth=6, label=one["text"])
    _legend(axes, len(found))


def heat(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Line], _: float) -> None:
    """How many of each interval fell between two bounds; the answer's buckets add up."""
    del panel
    bounds = sorted(lines, key=lambda line: float(line.labels["le"]))
    times = sorted({at for line in bounds for at, _ in line.points})
    whole = [[dict(line.points).get(at, 0.0) for at in times] for line in bounds]
    below = [[0.0] * len(times), *whole[:-1]]
    cells = [
        [max(0.0, one - other) for one, other in zip(row, under, strict=True)]
        for row, under in zip(whole, below, strict=True)
    ]
    when = [datetime.fromtimestamp(at, UTC) for at in times]
    _over_time(axes, "none")
    axes.grid(visible=False)
    axes.pcolormesh(when, range(len(cells)), cells, cmap="Blues", shading="nearest")  # type: ignore[arg-type]  # dates
    names = [number(float(line.labels["le"]), "s") for line in bounds]
    axes.set_yticks(range(len(names)), names, fontsize=SMALL - 1)
