"""A collector that is down changes nothing for a caller, and ends no process late."""

import re
import time
from collections.abc import Iterator
from statistics import median

import pytest
from tests.collectors import MODES, Collector, collector
from tests.stack_http import ask
from tests.stack_process import Server, until

FAST_S = 0.1


@pytest.fixture(scope="module")
def lame() -> Iterator[Collector]:
    """A collector that a test tells how to misbehave."""
    with collector() as running:
        yield running


@pytest.fixture(scope="module")
def api(lame: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API that exports to it; an export may take 0.3 s instead of 10."""
    directory = tmp_path_factory.mktemp("lame")
    with Server("api", directory, lame.endpoint, otel_timeout_ms=300, LIMITS="") as server:
        yield server.ready()


def dropped(server: Server) -> float:
    """Spans that did not reach the collector."""
    found = re.findall(r'telemetry_dropped_total\{[^}]*signal="span"\} (\S+)', server.metrics())
    return sum(map(float, found))


@pytest.mark.fault(66)
@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "refused"])
def test_requests_are_answered_as_if_nothing_were(api: Server, lame: Collector, mode: str) -> None:
    """Right, and quickly; the spans that were lost are counted."""
    lame.mode = mode
    before, took = dropped(api), []
    for _ in range(20):
        began = time.monotonic()
        answer = ask(api.port, "GET /services")
        took.append(time.monotonic() - began)
        assert (answer.status, answer.json()["total"]) == (200, 3)
    if mode == "slow drip":
        lame.mode = "reset"  # an export lasts as long as it drips
    until(lambda: dropped(api) > before, 10)

    assert median(took) < FAST_S
    assert lame.exports > 0


@pytest.mark.fault(66, 68)
def test_a_collector_that_is_gone_holds_up_neither_requests_nor_the_end(
    api: Server, lame: Collector
) -> None:
    """Refused connections: still quick, still right, nothing noisy logged, and exit 0 at once."""
    lame.close()
    before = dropped(api)
    statuses = {ask(api.port, "GET /services").status for _ in range(5)}
    until(lambda: dropped(api) > before, 10)
    events = {line["event"] for line in api.lines()}
    began = time.monotonic()
    code = api.stop()
    took_s = time.monotonic() - began

    assert statuses == {200}
    assert not [event for event in events if "export" in event.lower() or "OTLP" in event]
    assert (code, took_s < 6) == (0, True)


@pytest.mark.fault(68)
def test_a_silent_collector_delays_the_end_by_five_seconds_at_most(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """SIGTERM with spans that nobody takes and an export without a limit of its own: exit 0."""
    with collector() as silent:
        directory = tmp_path_factory.mktemp("silent")
        with Server("api", directory, silent.endpoint, otel_timeout_ms=60_000) as api:
            for _ in range(3):
                ask(api.ready().port, "GET /services")
            until(lambda: silent.exports > 0)
            began = time.monotonic()
            code = api.stop()
            took_s = time.monotonic() - began

    assert (code, took_s < 6) == (0, True)
