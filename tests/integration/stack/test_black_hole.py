"""A service whose address swallows every packet."""

import socket
import time
from collections.abc import Iterator

import pytest
from opentelemetry.instrumentation.requests import RequestsInstrumentor

from resilience import (
    ClientOptions,
    DeadlineExceeded,
    ProtectedSession,
    RetryOptions,
    TimeoutOptions,
    instrument_requests,
)
from resilience.testing import Signals


@pytest.fixture
def hole() -> Iterator[str]:
    """The URL of a listener whose queue is full, so that the system ignores who knocks."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        inside = [socket.socket() for _ in range(4)]
        for client in inside:
            client.setblocking(False)
            client.connect_ex(address)
        time.sleep(0.05)
        yield f"http://127.0.0.1:{address[1]}"
        for client in inside:
            client.close()


@pytest.fixture
def signals() -> Iterator[Signals]:
    """The signals of calls made in this process."""
    with Signals() as captured:
        instrument_requests(captured.telemetry)
        yield captured
        RequestsInstrumentor().uninstrument()


@pytest.mark.fault(2)
def test_a_connection_that_never_comes_is_given_up_in_time(hole: str, signals: Signals) -> None:
    """Each attempt ends after its connecting time, and the operation with its deadline."""
    options = ClientOptions(
        target="api",
        base_url=hole,
        operations=frozenset({"get_appointment"}),
        retry=RetryOptions(backoff_s=0.1, jitter=0.0),
        timeout=TimeoutOptions(attempt_s=1.0, connect_s=0.3, operation_s=0.9),
    )
    session = ProtectedSession(options, emit=signals.emit, observe=signals.observe)
    began = time.monotonic()
    with session, pytest.raises(DeadlineExceeded) as caught:
        session.get("/services", operation="get_appointment")
    took_s = time.monotonic() - began
    timeouts = signals.spans("resilience.timeout")
    counted = signals.value(
        "resilience_timeouts_total", target="api", operation="get_appointment", phase="connect"
    )

    kinds = [attempt.error_type for attempt in caught.value.attempts]
    assert kinds[:2] == ["timeout_connect"] * 2
    assert counted == kinds.count("timeout_connect")
    assert len(timeouts) == len(kinds)
    assert timeouts[0].duration_s == pytest.approx(0.3, abs=0.15)
    assert 0.6 < took_s < 1.1
