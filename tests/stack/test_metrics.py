"""Prometheus scrapes the real processes, and an exemplar leads to a trace that Jaeger has."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.stack import jaeger_api
from tests.stack.http import eventually, get
from tests.stack.peers import Addresses
from tests.stack.processes import Process
from tests.stack.stack import Stack
from tests.stack.story import Scene

from wire import Rule, Status

SLOW_S = 0.5
"""From here on tail sampling keeps every trace."""


def test_every_target_is_scraped(
    where: Addresses, story: Mapping[str, Scene], loki: Process
) -> None:
    """All that dashboards/targets.yml names answers on /metrics."""
    found = eventually(lambda: _health(where), lambda health: set(health.values()) == {"up"})
    assert found == dict.fromkeys(where.targets, "up")


def test_every_rule_can_be_evaluated(where: Addresses, prometheus: Process) -> None:
    """Prometheus has read the rules and finds nothing wrong with them."""
    groups = eventually(
        lambda: get(where.prometheus, "/api/v1/rules")["data"]["groups"],
        lambda groups: groups and all(r["health"] == "ok" for g in groups for r in g["rules"]),
    )
    assert {rule["type"] for group in groups for rule in group["rules"]} == {
        "alerting",
        "recording",
    }


def test_prometheus_knows_the_alertmanager(
    where: Addresses, prometheus: Process, alertmanager: Process
) -> None:
    """Alerts have somebody to go to, who accepts his configuration."""
    found = eventually(
        lambda: get(where.prometheus, "/api/v1/alertmanagers")["data"]["activeAlertmanagers"], len
    )
    assert [one["url"] for one in found] == [f"http://{where.alertmanager}/api/v2/alerts"]
    assert get(where.alertmanager, "/api/v2/status")["cluster"]["status"] == "disabled"


@pytest.mark.parametrize(
    ("job", "metric"),
    [
        ("booking-agent", "http_server_request_duration_seconds_bucket"),
        ("booking-agent", "http_client_request_duration_seconds_bucket"),
        ("booking-agent", "resilience_operation_duration_seconds_bucket"),
        ("span-metrics", "traces_span_metrics_duration_seconds_bucket"),
    ],
)
def test_an_exemplar_of_a_slow_bucket_leads_to_its_trace(
    where: Addresses, story: Mapping[str, Scene], job: str, metric: str
) -> None:
    """Who clicks the dot above the spike finds the request that made it."""
    query = f'{metric}{{job="{job}"}}'
    slow = eventually(lambda: _exemplars(where, query), len)
    for exemplar in slow:
        assert jaeger_api.settled(where.jaeger, exemplar["labels"]["trace_id"], 1)


def test_the_exemplars_of_a_counter_are_kept(where: Addresses, story: Mapping[str, Scene]) -> None:
    """The retries that were counted are the retries of the booking that took three attempts."""
    found = eventually(lambda: _exemplars(where, "resilience_retries_total", least=0), len)
    traces = {exemplar["labels"]["trace_id"] for exemplar in found}
    assert traces <= {scene.trace_id for scene in story.values()}


@pytest.mark.parametrize("kind", ["calls", "errors", "latencies"])
def test_the_monitor_tab_has_data(
    stack: Stack, story: Mapping[str, Scene], prometheus: Process, kind: str
) -> None:
    """Jaeger reads the span metrics from Prometheus: rates, errors and latencies by operation."""
    stack.plan(Rule(every=True, fault=Status(status=503)))
    assert stack.book().status == 502
    stack.plan()
    stack.book()
    assert eventually(lambda: _monitor(stack, kind), any, within_s=60)


def _health(where: Addresses) -> Mapping[str, str]:
    found = get(where.prometheus, "/api/v1/targets")["data"]["activeTargets"]
    return {target["labels"]["job"]: target["health"] for target in found}


def _exemplars(where: Addresses, query: str, least: float = SLOW_S) -> list[dict[str, Any]]:
    now = time.time()
    found = get(where.prometheus, "/api/v1/query_exemplars", query=query, start=now - 600, end=now)[
        "data"
    ]
    every = [exemplar for series in found for exemplar in series["exemplars"]]
    return [exemplar for exemplar in every if float(exemplar["value"]) >= least]


def _monitor(stack: Stack, kind: str) -> Sequence[float]:
    """The values of a chart of the agent's requests that has any."""
    found = get(
        stack.where.jaeger,
        f"/api/metrics/{kind}",
        service="booking-agent",
        quantile=0.95,
        groupByOperation="true",
        endTs=int(time.time() * 1000),
        lookback=300_000,
        step=5_000,
        ratePer=60_000,
        spanKind="server",
    )
    points = [point for metric in found["metrics"] for point in metric["metricPoints"]]
    values = (point["gaugeValue"]["doubleValue"] for point in points)
    return [float(value) for value in values if value != "NaN"]
