"""Two collectors behind the load balancer each get whole traces."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.stack import jaeger_api, peers
from tests.stack.conftest import program
from tests.stack.http import get_text
from tests.stack.otlp import ERROR, Made, send
from tests.stack.peers import Addresses, address
from tests.stack.processes import Process

TRACES = 40


@pytest.fixture(scope="module")
def second(where: Addresses) -> Addresses:
    """The addresses of the second collector."""
    names = ("http", "grpc", "health", "metrics")
    return replace(
        where, span_metrics=address(), **{f"collector_{name}": address() for name in names}
    )


@pytest.fixture(scope="module")
def balancer(where: Addresses, second: Addresses, directory: Path) -> Iterator[str]:
    """Where the balancer takes spans; behind it are the stack's collector and a second one."""
    entrance, binary = address(), program("collector")
    nobody = directory / "no-logs"
    with (
        peers.collector(binary, second, directory / "second", nobody) as other,
        peers.balancer(
            binary, entrance, [where.collector_grpc, second.collector_grpc], directory / "balancer"
        ) as front,
    ):
        other.ready()
        front.ready()
        yield entrance


def test_each_trace_reaches_one_collector_whole(
    where: Addresses, second: Addresses, balancer: str, collector: Process, jaeger: Process
) -> None:
    """Also when its spans are sent apart; only so can one collector judge the trace."""
    before = [_traces_at(one) for one in (where, second)]
    for number in range(1, TRACES + 1):
        send(balancer, [Made(trace=(0xE << 40) + number, span=2, parent=1, status=ERROR)])
    for number in range(1, TRACES + 1):
        send(balancer, [Made(trace=(0xE << 40) + number, span=1)])
    for number in range(1, TRACES + 1):
        trace_id = Made(trace=(0xE << 40) + number).trace_id
        assert len(jaeger_api.settled(where.jaeger, trace_id, 2)) == 2
    new = [_traces_at(one) - old for one, old in zip((where, second), before, strict=True)]
    assert sum(new) == TRACES
    assert min(new) > 0


def _traces_at(where: Addresses) -> int:
    """How many traces the tail sampling of a collector has begun."""
    text = get_text(where.collector_metrics, "/metrics")
    name = "otelcol_processor_tail_sampling_new_trace_id_received_total"
    found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
    return int(float(found[1])) if found else 0
