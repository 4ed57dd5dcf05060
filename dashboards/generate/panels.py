"""The kinds of panels. Each needs a title, a sentence for whoever is on call, and a unit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, Self, TypeVar

from dashboards.generate.sources import METRICS, Query
from grafana_foundation_sdk.builders import bargauge as _bargauge
from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders import gauge as _gauge
from grafana_foundation_sdk.builders import heatmap as _heatmap
from grafana_foundation_sdk.builders import stat as _stat
from grafana_foundation_sdk.builders import statetimeline as _timeline
from grafana_foundation_sdk.builders import table as _table
from grafana_foundation_sdk.builders import timeseries as _timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink, ThresholdsConfig
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as models
from grafana_foundation_sdk.models import dashboard as models_dashboard
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataTransformerConfig,
    Panel,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

Step = tuple[float, str]
"""From this value on, this colour."""

TIMES = "suffix:x"
"""The unit of factors."""

HEIGHT, WIDTH = 8, 12
_LETTERS = "ABCDEFGHIJ"


class _Builder(Protocol):
    """What the builders of all kinds have in common."""

    def build(self) -> Panel: ...

    def title(self, title: str) -> Self: ...

    def description(self, description: str) -> Self: ...

    def datasource(self, datasource: DataSourceRef) -> Self: ...

    def targets(self, targets: list[Builder[Dataquery]]) -> Self: ...

    def unit(self, unit: str) -> Self: ...

    def span(self, w: int) -> Self: ...

    def height(self, h: int) -> Self: ...

    def thresholds(self, thresholds: Builder[models_dashboard.ThresholdsConfig]) -> Self: ...


B = TypeVar("B", bound=_Builder)


def described(
    panel: B,
    title: str,
    says: str,
    queries: Sequence[Builder[Dataquery]],
    *,
    source: DataSourceRef = METRICS,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> B:
    """The panel with what every panel has."""
    named = [
        replace(query, ref=_LETTERS[place]) if isinstance(query, Query) else query
        for place, query in enumerate(queries)
    ]
    panel = panel.title(title).description(says).datasource(source).targets(list(named))
    return panel.span(width).height(height)


def steps(base: str, *above: Step) -> ThresholdsConfig:
    """Thresholds: a colour from the lowest value on, and others from higher ones."""
    found = [Threshold(None, base), *(Threshold(value, colour) for value, colour in above)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)


def words(states: Sequence[tuple[str, str]]) -> list[ValueMapping]:
    """A word and a colour for each value, from 0 on."""
    options = {
        str(value): ValueMappingResult(text=text, color=colour, index=value)
        for value, (text, colour) in enumerate(states)
    }
    return [ValueMap(options=options)]


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
) -> _timeseries.Panel:
    """Lines over time; `limits` are drawn, `stacked` fills, `signed` may fall below 0."""
    panel = described(_timeseries.Panel(), title, says, queries, width=width, height=height)
    panel = panel.unit(unit).legend(_legend()).tooltip(_tooltip()).line_width(1)
    panel = panel.fill_opacity(30 if stacked else 8).show_points(models.VisibilityMode.AUTO)
    panel = panel.thresholds(steps("green", *limits))
    if limits:
        style = common.GraphThresholdsStyleConfig().mode(models.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds_style(style)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(models.StackingMode.NORMAL))
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
