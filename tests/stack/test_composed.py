"""docker-compose.yml, run as it is but without containers, is a stack that shows its work."""

from collections.abc import Iterator, Mapping
from typing import Any

import psutil  # type: ignore[import-untyped]  # has no types of its own
import pytest
import yaml
from tests.compose import memory_mib
from tests.stack.composed import composed
from tests.stack.conftest import program
from tests.stack.http import eventually, get
from tests.stack.peers import DASHBOARDS
from tests.stack.processes import Process

SOON_S = 60.0
"""Half of the two minutes within which there is something to see."""

JOBS = {job["labels"]["job"] for job in yaml.safe_load((DASHBOARDS / "targets.yml").read_text())}
OTHERS = ("collector", "jaeger", "loki", "prometheus", "alertmanager")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Process]]:
    """All services but Grafana, with the traffic and the faults that compose gives them."""
    programs = {name: program(name) for name in OTHERS}
    with composed(tmp_path_factory.mktemp("composed"), programs) as started:
        yield started


def test_prometheus_reaches_everybody(running: Mapping[str, Process]) -> None:
    """Each target by the name that it has in the network."""
    targets = eventually(
        lambda: get(_at(running, "prometheus"), "/api/v1/targets")["data"]["activeTargets"],
        lambda found: [one["health"] for one in found] == ["up"] * len(JOBS),
    )
    assert {target["labels"]["job"] for target in targets} == JOBS


@pytest.mark.parametrize(
    "query",
    [
        "sum(rate(http_server_request_duration_seconds_count[1m]))",
        "sum(booking_appointments_total)",
        "sum(resilience_retries_total)",
        "sum(wire_faults_injected_total)",
        "sum(rate(traces_span_metrics_calls_total[1m]))",
        "sum(otelcol_exporter_sent_spans_total)",
    ],
)
def test_there_is_soon_something_to_see(running: Mapping[str, Process], query: str) -> None:
    """Visitors come, meet faults, and are told of."""
    assert eventually(lambda: _value(running, query), lambda value: value > 0, within_s=SOON_S)


def test_traces_and_log_lines_come_together(running: Mapping[str, Process]) -> None:
    """A trace that Jaeger finds has its lines in Loki."""
    found = eventually(
        lambda: get(_at(running, "jaeger"), "/api/traces", service="booking-agent", lookback="1h"),
        lambda found: found["data"],
        within_s=SOON_S,
    )
    query = f'{{service_name="booking-agent"}} | trace_id = `{found["data"][0]["traceID"]}`'
    assert eventually(lambda: _lines(running, query), len)


@pytest.mark.parametrize("service", ["api", "agent", "proxy", "traffic", *OTHERS])
def test_it_has_room_within_its_memory_limit(running: Mapping[str, Process], service: str) -> None:
    """A container is not ended for what it needs from the start."""
    used_mib = psutil.Process(running[service].pid).memory_info().rss / 2**20
    assert used_mib < memory_mib(service) * 0.95


def _at(running: Mapping[str, Process], service: str) -> str:
    return running[service].probe.split("/")[2]


def _value(running: Mapping[str, Process], query: str) -> float:
    found: Any = get(_at(running, "prometheus"), "/api/v1/query", query=query)
    return sum(float(series["value"][1]) for series in found["data"]["result"])


def _lines(running: Mapping[str, Process], query: str) -> list[Any]:
    found = get(_at(running, "loki"), "/loki/api/v1/query_range", query=query, since="1h")
    return [line for stream in found["data"]["result"] for line in stream["values"]]
