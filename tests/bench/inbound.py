"""`GET /services` through everything, 50 connections, one server process."""

from collections.abc import Iterator
from contextlib import contextmanager

from . import servers
from .harness import Plan, Round, Row, Target, Values
from .load import Traffic, drive, in_turn, rates
from .process import Server, stage

CASES = ("ours", "floor", "peers")


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Start the three servers, and warm each up."""
    with stage() as (stack, sink):
        running = {
            "ours": servers.ours(plan.directory, sink, stack),
            "floor": servers.bare(plan.directory, sink, stack),
            "peers": servers.peers(plan.directory, sink, stack),
        }
        for server in running.values():
            drive(Traffic(port=server.port, seconds=1))
        counts = dict.fromkeys(CASES, 0)
        spent_s = {case: -server.cpu_s() for case, server in running.items()}
        p99_ms: dict[str, float] = {}

        def one_round() -> Values:
            loads = in_turn({case: running[case].port for case in CASES}, plan)
            for case, turns in loads.items():
                counts[case] += sum(load.requests for load in turns)
                p99_ms[case] = max(load.p99_ms for load in turns)
            return rates(loads)

        yield one_round
        plan.notes.append(servers.signals_of(running["ours"]))
        plan.notes.extend(
            _note(case, running[case], spent_s[case], counts[case], p99_ms[case]) for case in CASES
        )


def _note(case: str, server: Server, spent_s: float, count: int, p99_ms: float) -> str:
    each_us = (spent_s + server.cpu_s()) / count * 1e6
    return f"{case}: {each_us:.0f} us of processor time a request, p99 {p99_ms:.0f} ms at last"


ROW = Row(
    name="inbound",
    work="GET /services with limits, SERVER and database span exported, histogram with exemplar, "
    "log line; 50 connections; floor: the same Flask app bare on gunicorn gthread",
    unit="req/s",
    targets=(
        Target(to="floor", now=0.6, end=1.5, peers=("peers", "floor")),
        Target(to="peers", now=2, end=5),
    ),
    start=start,
)
