"""Real calls with the system's own clocks, while the wall clock is set under them."""

import datetime as dt
import socket
import time

import pytest
import time_machine
from tests.raw_server import OK, RawServer, running

from resilience.errors import CircuitBreakerOpen, RetriesExhausted
from resilience.http_client import ProtectedSession
from resilience.options import BreakerOptions, ClientOptions, RetryOptions, TimeoutOptions

NOON = dt.datetime(2030, 1, 7, 12, tzinfo=dt.UTC)
STEPS = pytest.mark.parametrize(
    "step", [dt.timedelta(hours=h) for h in (1, -1, 24, -24)], ids=lambda step: str(step)
)


def session_to(server: RawServer) -> ProtectedSession:
    """Two attempts of 0.3 s with 0.05 s between them; the circuit rests for 0.3 s."""
    options = ClientOptions(
        base_url=server.url,
        retry=RetryOptions(max_retries=1, backoff_s=0.05),
        timeout=TimeoutOptions(attempt_s=0.3, connect_s=0.3),
        breaker=BreakerOptions(failure_threshold=2, open_for_s=0.3),
    )
    return ProtectedSession(options)


@STEPS
@pytest.mark.fault(22)
def test_a_step_of_the_wall_clock_moves_neither_timeout_nor_rest(step: dt.timedelta) -> None:
    """Attempts end after their time, and the circuit rests for its own, in spite of the step."""
    with time_machine.travel(NOON, tick=True) as clock:

        def play(server: RawServer, sock: socket.socket, number: int) -> None:
            server.read(sock)
            if number > 2:
                sock.sendall(OK)
                return
            clock.shift(step)
            sock.recv(1)

        with running(play) as server, session_to(server) as session:
            began = time.perf_counter()
            with pytest.raises(RetriesExhausted):
                session.get("/services")
            took_s = time.perf_counter() - began
            clock.shift(step)
            with pytest.raises(CircuitBreakerOpen):
                session.get("/services")
            time.sleep(0.31)
            status = session.get("/services").status_code

    assert 0.6 < took_s < 1.0
    assert (status, len(server.requests), session.breaker.state) == (200, 3, "closed")
