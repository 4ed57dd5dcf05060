"""What all kinds of panels share: title, sentence, queries, thresholds and words for values."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, Self, TypeVar

from dashboards.generate.sources import METRICS, Query
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import (
    Panel,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

Step = tuple[float, str]
"""From this value on, this colour."""

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

    def thresholds(self, thresholds: Builder[models.ThresholdsConfig]) -> Self: ...


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
