"""What the edge turns away when there is too much to do, or no time left for it."""

import time
from collections.abc import Callable

import pytest
from tests.edge_stand import Connection, Stand, http, stand

from resilience.gauges import BUSY_WORKERS, QUEUED_REQUESTS
from resilience.server_events import RequestServed, RequestShed
from resilience.vocabulary import ShedReason


def wait_until(holds: Callable[[], bool]) -> None:
    """Give the server a moment to get there."""
    until = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)


def occupy(server: Stand, count: int) -> list[Connection]:
    """Slow requests, so that every worker is busy and the rest waits."""
    connections = [server.connect() for _ in range(count)]
    for connection in connections:
        connection.send(http("GET /slow"))
    wait_until(lambda: server.edge.bridge.busy + server.edge.bridge.waiting == count)
    return connections


def finish(server: Stand, connections: list[Connection]) -> list[int]:
    """Let the slow requests end; their statuses."""
    server.release.set()
    statuses = [connection.reply().status for connection in connections]
    for connection in connections:
        connection.socket.close()
    return statuses


def test_beyond_the_queue_requests_are_shed_at_once() -> None:
    """One at work and one waiting: the third gets a 503 that says when to come back."""
    with stand(threads=1, queue=1) as server:
        waiting = occupy(server, 2)
        gauges = {r.gauge: r.value for r in server.edge.readings()}
        reply = server.get("/services")
        statuses = finish(server, waiting)

    assert (gauges[BUSY_WORKERS], gauges[QUEUED_REQUESTS]) == (1, 1)
    assert (reply.status, reply.headers["Retry-After"], reply.json()["type"]) == (
        503,
        "1",
        "/problems/overloaded",
    )
    assert server.told(RequestShed) == [RequestShed(reason=ShedReason.QUEUE, retry_after_s=1)]
    assert [name for name, _, _ in server.spans] == ["GET /services"]
    assert statuses == [200, 200]


def test_refusals_need_no_worker() -> None:
    """With every worker busy, probes and 429s are still answered."""
    with stand(threads=1, limits="1/minute") as server:
        waiting = occupy(server, 1)
        statuses = [server.get(path).status for path in ("/livez", "/services", "/readyz")]
        finish(server, waiting)

    assert statuses == [200, 429, 200]


def test_work_that_nobody_waits_for_is_skipped() -> None:
    """A request whose time ran out in the queue is shed without running."""
    with stand(threads=1) as server, server.connect() as late:
        waiting = occupy(server, 1)
        late.send(http("POST /echo", {"X-Request-Timeout-Ms": "20"}, b"hello"))
        wait_until(lambda: server.edge.bridge.waiting == 1)
        time.sleep(0.03)
        finish(server, waiting)
        reply = late.reply()

    assert (reply.status, reply.json()["type"]) == (503, "/problems/deadline-passed")
    assert server.told(RequestShed) == [RequestShed(reason=ShedReason.DEADLINE, retry_after_s=1)]
    assert sorted(e.http_route for e in server.told(RequestServed)) == ["/echo", "/slow"]  # type: ignore[attr-defined]  # of RequestServed


@pytest.mark.parametrize("limit", ["60000", "", "-1", "1e3", "9" * 20])
def test_a_generous_or_malformed_time_limit_changes_nothing(limit: str) -> None:
    """Only a number of milliseconds is believed."""
    with stand() as server:
        assert server.get("/services", {"X-Request-Timeout-Ms": limit}).status == 200


def test_a_draining_server_finishes_what_it_began_and_takes_nothing_new() -> None:
    """Readiness turns 503, new requests are shed, and the one under way is answered."""
    with stand() as server, server.connect() as other:
        other.ask(http("GET /services"))
        waiting = occupy(server, 1)
        server.edge.drain()
        ready = server.get("/readyz")
        shed = other.ask(http("GET /services"))
        statuses = finish(server, waiting)

    assert (ready.status, ready.json()) == (503, {"status": "draining"})
    assert (shed.status, shed.headers["Connection"], shed.json()["type"]) == (
        503,
        "close",
        "/problems/draining",
    )
    assert server.told(RequestShed) == [RequestShed(reason=ShedReason.DRAINING, retry_after_s=10)]
    assert statuses == [200]
