"""Lays a dashboard out as Grafana's grid does, and draws its panels."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from tests.dashboards import Asked, boards
from tests.stack.drawing.kinds import INK, draw
from tests.stack.drawing.over_time import PALE, SMALL, Line, legend_columns
from tests.stack.drawing.words import legend
from tests.stack.panel_run import Stretch
from tests.stack.panels import STEP_S, answer

WIDTH_IN, ROW_IN, TOP_IN, BOTTOM_IN = 14.0, 0.36, 0.5, 0.35
NOT_DRAWN = frozenset({"text", "logs", "traces"})
OVER_TIME = frozenset({"timeseries", "state-timeline", "heatmap"})
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tallybook",
    "font.family": "sans-serif",
    "timezone": "UTC",
}


def draw_board(uid: str, address: str, stretch: Stretch, place: Path, rows: int = 1000) -> None:
    """Draw the first rows of the grid of a dashboard from a Prometheus' answers, as SVG."""
    board = boards()[uid]
    panels = [one for one in board["panels"] if _bottom(one) <= rows and _is_drawn(one)]
    while panels[-1]["type"] == "row":
        panels.pop()
    deep = max(map(_bottom, panels))
    height_in = deep * ROW_IN + TOP_IN + BOTTOM_IN
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # its keys are all names of settings
        page = Figure(figsize=(WIDTH_IN, height_in), facecolor="#f6f8fa")
        _caption(page, board["title"], stretch)
        for panel in panels:
            lines = list(_lines(uid, panel, address, stretch))
            _panel(page, panel, height_in, lines, stretch)
        page.savefig(place, metadata={"Date": None, "Creator": None})


def _is_drawn(panel: Mapping[str, Any]) -> bool:
    """Whether Prometheus is asked for it; texts, traces and log lines are not drawn."""
    return panel["type"] not in NOT_DRAWN and "${traces}" not in str(panel)


def _bottom(panel: Mapping[str, Any]) -> int:
    return int(panel["gridPos"]["y"]) + int(panel["gridPos"]["h"])


def _dates(stretch: Stretch) -> tuple[datetime, datetime]:
    return (
        datetime.fromtimestamp(stretch.begin_s, UTC),
        datetime.fromtimestamp(stretch.end_s, UTC),
    )


def _caption(page: Figure, title: str, stretch: Stretch) -> None:
    begin, end = _dates(stretch)
    when = f"{begin:%H:%M:%S} to {end:%H:%M:%S} UTC"
    said = f"Drawn from Prometheus' answers to the panels' queries, not by Grafana. {when}."
    page.text(0.01, 1 - 0.3 / page.get_figheight(), title, fontsize=15, color=INK)
    page.text(0.01, 0.12 / page.get_figheight(), said, fontsize=SMALL + 1, color="#57606a")


def _lines(uid: str, panel: Mapping[str, Any], address: str, stretch: Stretch) -> Iterator[Line]:
    for target in panel.get("targets", ()):
        asked = Asked(uid, panel["title"], target["refId"], "metrics", target)
        for found in answer(asked, address, stretch):
            name = legend(target.get("legendFormat", ""), found.labels)
            yield Line(name, found.points, found.labels)


def _panel(
    page: Figure,
    panel: Mapping[str, Any],
    height_in: float,
    lines: Sequence[Line],
    stretch: Stretch,
) -> None:
    grid = panel["gridPos"]
    left_in = grid["x"] / 24 * WIDTH_IN
    top_in = TOP_IN + grid["y"] * ROW_IN
    wide_in, deep_in = grid["w"] / 24 * WIDTH_IN, grid["h"] * ROW_IN
    if panel["type"] == "row":
        place = (left_in + 0.14) / WIDTH_IN, 1 - (top_in + 0.25) / height_in
        page.text(*place, panel["title"], fontsize=10, fontweight="bold", color="#57606a")
        return
    _card(page, (left_in, top_in, wide_in, deep_in), height_in, panel["title"])
    room = _room(panel["type"], lines)
    box = (
        (left_in + room[0]) / WIDTH_IN,
        1 - (top_in + deep_in - room[1]) / height_in,
        (wide_in - room[0] - 0.25) / WIDTH_IN,
        (deep_in - room[1] - 0.45) / height_in,
    )
    axes = page.add_axes(box, facecolor="none")
    draw(axes, panel, lines, STEP_S)
    if panel["type"] in OVER_TIME and lines:
        axes.set_xlim(*_dates(stretch))  # type: ignore[arg-type]  # dates


def _room(kind: str, lines: Sequence[Line]) -> tuple[float, float]:
    """Inches that a kind needs at its left for the axis, and below for the legend."""
    if kind == "timeseries":
        return 0.7, 0.45 + 0.13 * -(-len(lines) // legend_columns(len(lines)))
    longest = max((len(line.name) for line in lines), default=0)
    return {
        "bargauge": (0.3 + 0.052 * longest, 0.2),
        "state-timeline": (1.9, 0.6),
        "heatmap": (0.7, 0.4),
    }.get(kind, (0.2, 0.15))


def _card(
    page: Figure, place: tuple[float, float, float, float], height_in: float, title: str
) -> None:
    left, top, wide, deep = place
    corner = (left + 0.06) / WIDTH_IN, 1 - (top + deep - 0.04) / height_in
    size = (wide - 0.12) / WIDTH_IN, (deep - 0.08) / height_in
    page.add_artist(
        Rectangle(
            corner, *size, transform=page.transFigure, facecolor="white", edgecolor=PALE, zorder=-1
        )
    )
    at = (left + 0.16) / WIDTH_IN, 1 - (top + 0.27) / height_in
    page.text(*at, title, fontsize=9, fontweight="bold", color=INK)
