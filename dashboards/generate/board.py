"""The frame that all dashboards share: name, variables, links to each other, and rows."""

from collections.abc import Mapping, Sequence

from dashboards.generate.sources import METRICS
from grafana_foundation_sdk.builders import dashboard as grafana
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import table
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    Panel,
    VariableModel,
    VariableOption,
    VariableRefresh,
)

Panels = Sequence[Builder[Panel]]

Rows = Mapping[str, Panels]
"""Panels under the titles of their rows."""

UID = "tallybook-{}"
TAG = "tallybook"
SOURCES = {
    "metrics": ("Metrics", "prometheus", "Prometheus"),
    "traces": ("Traces", "jaeger", "Jaeger"),
    "logs": ("Logs", "loki", "Loki"),
}


def board(
    name: str,
    title: str,
    says: str,
    rows: Rows,
    *,
    more: Sequence[Builder[VariableModel]] = (),
) -> Dashboard:
    """The dashboard `tallybook-NAME`, with the variables that every one has and `more`."""
    made = grafana.Dashboard(title).uid(UID.format(name)).description(says).tags([TAG])
    made = made.time("now-30m", "now").refresh("10s").timezone("browser").editable()
    made = made.tooltip(DashboardCursorSync.CROSSHAIR).link(_to_the_others())
    for variable in (*map(_source, SOURCES), _job(), *more):
        made = made.with_variable(variable)
    return _tidied(_filled(made, rows).build())


def _filled(made: grafana.Dashboard, rows: Rows) -> grafana.Dashboard:
    for title, panels in rows.items():
        made = made.with_row(grafana.Row(title))
        for panel in panels:
            made = made.with_panel(panel)
    return made


def _tidied(made: Dashboard) -> Dashboard:
    """With panels numbered, and without what the builders add that Grafana 13 no longer knows."""
    for number, panel in enumerate(made.panels or (), start=1):
        panel.id_val = number
        if isinstance(panel, Panel) and isinstance(panel.options, table.Options):
            panel.options.footer = None
    assert made.templating
    for variable in made.templating.list_val or ():
        variable.auto = variable.auto_min = variable.auto_count = None
    return made


def _to_the_others() -> grafana.DashboardLink:
    link = grafana.DashboardLink("Tallybook").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.keep_time(True).include_vars(True).as_dropdown(False).icon("external link")


def _source(name: str) -> grafana.DatasourceVariable:
    label, kind, chosen = SOURCES[name]
    variable = grafana.DatasourceVariable(name).label(label).type(kind)
    return variable.current(VariableOption(text=chosen, value=kind, selected=True))


def _job() -> grafana.QueryVariable:
    every = VariableOption(text=["All"], value=["$__all"], selected=True)
    variable = grafana.QueryVariable("job").label("Service").datasource(METRICS)
    variable = variable.query("label_values(booking_build_info, job)").include_all(True)
    variable = variable.all_value("booking-.+").multi(True).current(every)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
