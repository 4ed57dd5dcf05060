"""Memory of the API after many requests, against itself after the first of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

from . import servers
from .harness import Plan, Round, Row, Target, Values
from .load import Running, Traffic
from .process import Server, stage

_PATHS = ("/services", "/availability?service_id=srv-001&days=1", "/appointments/unknown", "/x")


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Start one API."""
    with stage() as (stack, sink):
        server = servers.ours(plan.directory, sink, stack)

        def one_round() -> Values:
            early, all_of_them = plan.requests
            first = _send(server, early)
            before = server.memory_bytes()
            done = first + _send(server, all_of_them - first)
            plan.notes.append(f"after {done:,} requests against {first:,}, of {', '.join(_PATHS)}")
            return {"ours": server.memory_bytes() / 2**20, "floor": before / 2**20}

        yield one_round


def _send(server: Server, count: int) -> int:
    """At least so many requests, a second of one kind after the other; how many."""
    done = 0
    for path in cycle(_PATHS):
        if done >= count:
            break
        done += Running(Traffic(port=server.port, path=path, seconds=1)).finish().requests
    return done


ROW = Row(
    name="memory",
    work="resident memory of the API after 100,000 requests, against itself after 10,000",
    unit="MiB",
    targets=(Target(to="floor", now=1.05, end=1.01, at_most=True),),
    start=start,
    once=True,
)
