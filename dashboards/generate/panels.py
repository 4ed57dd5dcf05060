"""The kinds of panels. Each needs a title, a sentence for whoever is on call, and a unit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dashboards.generate.described import HEIGHT, WIDTH, Step, described, steps, words
from dashboards.generate.sources import Query
from grafana_foundation_sdk.builders import bargauge as _bargauge
from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders import gauge as _gauge
from grafana_foundation_sdk.builders import heatmap as _heatmap
from grafana_foundation_sdk.builders import stat as _stat
from grafana_foundation_sdk.builders import statetimeline as _timeline
from grafana_foundation_sdk.builders import table as _table
from grafana_foundation_sdk.builders import timeseries as _timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models import common as models
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataTransformerConfig,
    DynamicConfigValue,
)

OUTCOMES = {"success": "green", "error": "red", "rejected": "orange"}
"""The colours of how an operation ends."""

TIMES = "suffix:x"
"""The unit of factors."""


def lines(
    title: str,
    says: str,
    unit: str,
    *queries: Query,
    width: int = WIDTH,
    height: int = HEIGHT,
    limits: Sequence[Step] = (),
    top: float | None = None,
    stacked: bool = False,
    signed: bool = False,
    colours: Mapping[str, str] | None = None,
) -> _timeseries.Panel:
    """Lines over time; `limits` are drawn, `stacked` fills, `signed` may fall below 0.

    `colours`: those of the series whose name ends with a word.
    """
    panel = described(_timeseries.Panel(), title, says, queries, width=width, height=height)
    panel = panel.unit(unit).legend(_legend()).tooltip(_tooltip()).line_width(1)
    panel = panel.fill_opacity(30 if stacked else 8).show_points(models.VisibilityMode.AUTO)
    panel = panel.thresholds(steps("green", *limits))
    if limits:
        style = common.GraphThresholdsStyleConfig().mode(models.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds_style(style)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(models.StackingMode.NORMAL))
    for word, colour in (colours or {}).items():
        fixed = DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})
        panel = panel.override_by_regexp(f"/(^| ){word}$/", [fixed])
    panel = panel if signed else panel.min(0)
    return panel if top is None else panel.max(top)


def stat(
    title: str,
    says: str,
    unit: str,
    *queries: Query,
    base: str = "green",
    above: Sequence[Step] = (),
    width: int = 4,
    height: int = 5,
    decimals: int | None = None,
    empty: str = "no traffic",
    leads: str = "",
) -> _stat.Panel:
    """One number for each series, coloured by its thresholds; `empty` is said without data.

    `leads`: the dashboard that says more.
    """
    asked = [replace(query, now=True) for query in queries]
    panel = described(_stat.Panel(), title, says, asked, width=width, height=height)
    panel = panel.unit(unit).thresholds(steps(base, *above)).reduce_options(_last())
    panel = panel.color_mode(models.BigValueColorMode.BACKGROUND).no_value(empty)
    panel = panel.graph_mode(models.BigValueGraphMode.NONE)
    panel = panel.text_mode(models.BigValueTextMode.VALUE_AND_NAME)
    panel = panel.links([_link(leads)] if leads else [])
    return panel if decimals is None else panel.decimals(decimals)


def _link(board: str) -> DashboardLink:
    url = f"/d/tallybook-{board}?${{__url_time_range}}&${{job:queryparam}}"
    return DashboardLink("See more").type(DashboardLinkType.LINK).url(url)


def gauge(
    title: str,
    says: str,
    *queries: Query,
    above: Sequence[Step],
    lowest: float = 0.0,
    width: int = 6,
    height: int = 5,
    empty: str = "no traffic",
) -> _gauge.Panel:
    """What is left of a whole, from `lowest` (red) to 1."""
    asked = [replace(query, now=True) for query in queries]
    panel = described(_gauge.Panel(), title, says, asked, width=width, height=height)
    panel = panel.unit("percentunit").min(lowest).max(1).thresholds(steps("red", *above))
    return panel.reduce_options(_last()).show_threshold_markers(True).no_value(empty)


def bars(
    title: str,
    says: str,
    unit: str,
    *queries: Query,
    above: Sequence[Step] = (),
    width: int = WIDTH,
    height: int = HEIGHT,
) -> _bargauge.Panel:
    """Sums over the time shown, as bars beside each other."""
    asked = [replace(query, now=True) for query in queries]
    panel = described(_bargauge.Panel(), title, says, asked, width=width, height=height)
    panel = panel.unit(unit).min(0).thresholds(steps("blue", *above)).reduce_options(_last())
    panel = panel.orientation(models.VizOrientation.HORIZONTAL)
    panel = panel.decimals(0) if unit == "short" else panel
    return panel.display_mode(models.BarGaugeDisplayMode.BASIC).no_value("none")


def timeline(
    title: str,
    says: str,
    states: Sequence[tuple[str, str]],
    *queries: Query,
    width: int = 24,
    height: int = HEIGHT,
) -> _timeline.Panel:
    """Which state held when; the value 0 is the first of `states`, each a word and a colour."""
    panel = described(_timeline.Panel(), title, says, queries, width=width, height=height)
    panel = panel.unit("none").mappings(words(states)).thresholds(steps("green"))
    panel = panel.merge_values(True)
    return panel.show_value(models.VisibilityMode.AUTO).legend(_legend()).fill_opacity(80)


def table(
    title: str,
    says: str,
    unit: str,
    *queries: Query,
    hide: Sequence[str] = (),
    width: int = WIDTH,
    height: int = HEIGHT,
    empty: str = "none",
) -> _table.Panel:
    """The labels and values of now, without the columns to `hide`."""
    asked = [replace(query, rows=True) for query in queries]
    panel = described(_table.Panel(), title, says, asked, width=width, height=height)
    options = {"excludeByName": dict.fromkeys(("Time", *hide), True)}
    panel = panel.with_transformation(DataTransformerConfig("organize", options=options))
    return panel.unit(unit).thresholds(steps("green")).no_value(empty)


def heat(
    title: str, says: str, unit: str, query: Query, *, width: int = WIDTH, height: int = HEIGHT
) -> _heatmap.Panel:
    """How many fell into each bucket of a histogram, with exemplars as points."""
    asked = [replace(query, buckets=True)]
    panel = described(_heatmap.Panel(), title, says, asked, width=width, height=height)
    axis = _heatmap.YAxisConfig().unit(unit)
    return panel.unit(unit).y_axis(axis).exemplars_color("rgba(255,0,255,0.7)").show_legend()


def _legend() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().show_legend(True).placement(models.LegendPlacement.BOTTOM)
    return legend.display_mode(models.LegendDisplayMode.LIST)


def _tooltip() -> common.VizTooltipOptions:
    options = common.VizTooltipOptions().mode(models.TooltipDisplayMode.MULTI)
    return options.sort(models.SortOrder.DESCENDING)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])
