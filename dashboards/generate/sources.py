"""Where panels get their data: each data source is a variable of the dashboard, and its queries."""

from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import loki, prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

METRICS = DataSourceRef("prometheus", "${metrics}")
TRACES = DataSourceRef("jaeger", "${traces}")
LOGS = DataSourceRef("loki", "${logs}")


@dataclass(frozen=True, slots=True)
class Query(Builder[Dataquery]):
    """A PromQL query; `now` asks for the last value alone, `rows` for a table of it.

    `step`: the least time between two points, if not a scrape; a rate covers four of them.
    """

    expr: str
    legend: str = ""
    now: bool = False
    rows: bool = False
    exemplars: bool = False
    buckets: bool = False
    step: str = ""
    ref: str = "A"

    def build(self) -> Dataquery:
        """The query as Grafana keeps it."""
        query = prometheus.Dataquery().expr(self.expr).legend_format(self.legend)
        query = query.ref_id(self.ref).datasource(METRICS).exemplar(self.exemplars)
        query = query.instant() if self.now or self.rows else query.range()
        query = query.interval(self.step) if self.step else query
        return query.format(self._format()).build()

    def _format(self) -> PromQueryFormat:
        if self.buckets:
            return PromQueryFormat.HEATMAP
        return PromQueryFormat.TABLE if self.rows else PromQueryFormat.TIME_SERIES


class _JaegerQuery(Dataquery):
    """The SDK knows no queries to Jaeger."""

    def __init__(self, fields: dict[str, object]) -> None:
        self._fields = fields

    def to_json(self) -> dict[str, object]:
        """As Grafana's data source for Jaeger keeps it."""
        return {"refId": "A", "datasource": TRACES, **self._fields}


@dataclass(frozen=True, slots=True)
class TraceQuery(Builder[Dataquery]):
    """One trace by its id, or with `search` those that it finds."""

    trace: str = ""
    search: dict[str, object] = field(default_factory=dict)

    def build(self) -> Dataquery:
        """The query as Grafana keeps it."""
        if self.search:
            return _JaegerQuery({"queryType": "search", **self.search})
        return _JaegerQuery({"query": self.trace})


@dataclass(frozen=True, slots=True)
class LogQuery(Builder[Dataquery]):
    """Log lines by LogQL."""

    expr: str

    def build(self) -> Dataquery:
        """The query as Grafana keeps it."""
        query = loki.Dataquery().expr(self.expr).ref_id("A").query_type("range")
        return query.datasource(LOGS).max_lines(500).build()
