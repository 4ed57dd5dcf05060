"""Refusals in a second, each with its span, its counter and its log line."""

from collections.abc import Iterator
from contextlib import contextmanager

from . import servers
from .harness import Broken, Plan, Round, Row, Target, Values
from .load import Traffic, drive, in_turn, rates
from .process import stage, status_of

CASES = ("ours", "peers")
_ONE = "1/hour"


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Start both servers with a limit that is reached at once."""
    with stage() as (stack, sink):
        running = {
            "ours": servers.ours(plan.directory, sink, stack, limits=_ONE, hold_s="0"),
            "peers": servers.peers(plan.directory, sink, stack, limits=_ONE),
        }
        for case, server in running.items():
            if status_of(server.port) != 429:
                raise Broken(f"{case}: the second request in an hour was not answered with 429")
            drive(Traffic(port=server.port, seconds=1), refused=True)

        def one_round() -> Values:
            ports = {case: running[case].port for case in CASES}
            return rates(in_turn(ports, plan, refused=True))

        yield one_round
        plan.notes.append(servers.signals_of(running["ours"]))
        plan.notes.append("ours does not hold refusals back here: 50 ms each would be the limit")


ROW = Row(
    name="refusals",
    work="429s, all requests over the limit, each with span, counter and log line",
    unit="req/s",
    targets=(Target(to="peers", now=8, end=20),),
    start=start,
)
