"""Draws two panels side by side, with their dots, from what Prometheus answers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tests.dashboards import boards
from tests.stack.drawing.kinds import INK, draw
from tests.stack.drawing.over_time import SMALL, Line
from tests.stack.drawing.page import STYLE
from tests.stack.drawing.words import legend
from tests.stack.panel_run import Stretch
from tests.stack.panels import STEP_S, answer
from tests.stack.peers import Addresses
from tests.stack.walk.follow import BOARD, PANEL, Found, asked, dots

PANELS = (PANEL, "Attempts")
SAID = "Drawn from Prometheus' answers to the panels' queries, not by Grafana."


def draw_spike(found: Found, where: Addresses, stretch: Stretch, place: Path) -> None:
    """Draw them as SVG, the dot that is followed ringed."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # its keys are all names of settings
        page = Figure(figsize=(12.0, 3.9), facecolor="white")
        page.subplots_adjust(left=0.05, right=0.98, top=0.9, bottom=0.28, wspace=0.15)
        for number, title in enumerate(PANELS, start=1):
            axes = page.add_subplot(1, len(PANELS), number)
            _panel(axes, title, where, stretch)
            if title == PANEL:
                _ring(axes, found)
        page.text(0.02, 0.02, f"{SAID} {_when(stretch)}.", fontsize=SMALL + 1, color="#57606a")
        page.savefig(place, metadata={"Date": None, "Creator": None})


def _panel(axes: Axes, title: str, where: Addresses, stretch: Stretch) -> None:
    [panel] = [each for each in boards()[BOARD]["panels"] if each["title"] == title]
    draw(axes, panel, list(_lines(title, where, stretch)), STEP_S)
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.set_xlim(_time(stretch.begin_s), _time(stretch.end_s))  # type: ignore[arg-type]  # dates
    points = sorted(_points(title, where, stretch))
    times = [_time(at) for at, _ in points]
    axes.set_ylim(bottom=0, top=1.1 * max([axes.get_ylim()[1], *(value for _, value in points)]))
    axes.scatter(times, [value for _, value in points], s=14, marker="D", color="#24292f", zorder=3)  # type: ignore[arg-type]  # dates


def _points(title: str, where: Addresses, stretch: Stretch) -> set[tuple[float, float]]:
    """When each dot of the panel was, and how long it took; several queries share dots."""
    every = [each for query in asked(title) for each in dots(where, query, stretch)]
    return {(dot["timestamp"], float(dot["value"])) for each in every for dot in each["exemplars"]}


def _lines(title: str, where: Addresses, stretch: Stretch) -> Iterator[Line]:
    for query in asked(title):
        for each in answer(query, where.prometheus, stretch):
            name = legend(query.target.get("legendFormat", ""), each.labels)
            yield Line(name, each.points, each.labels)


def _ring(axes: Axes, found: Found) -> None:
    at, value = _time(found.exemplar["timestamp"]), float(found.exemplar["value"])
    axes.scatter([at], [value], s=130, facecolors="none", edgecolors="#d44a3a", zorder=4)  # type: ignore[arg-type]  # dates
    words = f"{value:.2f} s, trace {found.trace_id[:8]}…  "
    axes.annotate(words, (at, value), ha="right", va="center", fontsize=SMALL + 1, color="#d44a3a")


def _when(stretch: Stretch) -> str:
    begin, end = _time(stretch.begin_s), _time(stretch.end_s)
    return f"{begin:%Y-%m-%d %H:%M:%S} to {end:%H:%M:%S} UTC"


def _time(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
