"""Asks the data sources what a panel would ask, with its variables filled in."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.dashboards import Asked
from tests.stack.http import get
from tests.stack.panel_run import PanelRun, Stretch

STEP_S = 5
"""The time between two points, and between two scrapes."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of an answer; values that are not a number are left out."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


def filled(asked: Asked, stretch: Stretch, **variables: str) -> str:
    """The query as Grafana would send it, for all services.

    It makes `$__rate_interval` of four scrapes, or of four of the query's least steps.
    """
    least_s = int(asked.target.get("interval", f"{STEP_S}s").removesuffix("s"))
    known = {
        "${trace}": variables.get("trace", ""),
        "$__rate_interval": f"{4 * least_s}s",
        "$__range": f"{stretch.length_s}s",
        "$job": "booking-.+",
    }
    expr = asked.expr
    for name, value in known.items():
        expr = expr.replace(name, value)
    return expr


def answer(asked: Asked, address: str, stretch: Stretch) -> list[Series]:
    """What Prometheus answers to the query of a panel; the series that have any number."""
    query = filled(asked, stretch)
    if asked.target["instant"]:
        said = get(address, "/api/v1/query", query=query, time=stretch.end_s)
    else:
        times = {"start": stretch.begin_s, "end": stretch.end_s, "step": STEP_S}
        said = get(address, "/api/v1/query_range", query=query, **times)
    found = [_series(one) for one in said["data"]["result"]]
    return [one for one in found if one.points]


def _series(found: Mapping[str, Any]) -> Series:
    points = found.get("values") or [found["value"]]
    numbers = [(float(at), float(value)) for at, value in points]
    return Series(found["metric"], [(at, n) for at, n in numbers if not math.isnan(n)])


def exemplars(asked: Asked, run: PanelRun, stretch: Stretch) -> list[str]:
    """The traces of the dots on a panel."""
    times = {"start": stretch.begin_s, "end": stretch.end_s}
    query = filled(asked, stretch)
    said = get(run.where.prometheus, "/api/v1/query_exemplars", query=query, **times)
    dots = [dot for series in said["data"] for dot in series["exemplars"]]
    return [dot["labels"]["trace_id"] for dot in dots]


def lines(asked: Asked, run: PanelRun, stretch: Stretch) -> list[str]:
    """The log lines that Loki answers with."""
    query = filled(asked, stretch, trace=run.trace_id)
    times = {"start": int(stretch.begin_s * 1e9), "end": int(stretch.end_s * 1e9)}
    said = get(run.where.loki, "/loki/api/v1/query_range", query=query, limit=100, **times)
    return [line for stream in said["data"]["result"] for _, line in stream["values"]]


def traces(asked: Asked, run: PanelRun) -> list[Mapping[str, Any]]:
    """The traces that Jaeger answers with, found by id or by the panel's search."""
    target = asked.target
    if "query" in target:
        trace_id = target["query"].replace("${trace}", run.trace_id)
        return _data(run, f"/api/traces/{trace_id}")
    key, _, value = target["tags"].partition("=")
    search = {name: target[name] for name in ("service", "limit")}
    return _data(run, "/api/traces", **search, tags=json.dumps({key: value}), lookback="1h")


def _data(run: PanelRun, path: str, **query: object) -> list[Mapping[str, Any]]:
    return list(get(run.where.jaeger, path, **query)["data"])
