"""The parcel tracker's telemetry, held against what crossed the wire."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from tests.example.parcels import carrier_session, tracker

from audit.pytest_plugin import Tally
from resilience import ResilienceError
from resilience.server import running_server
from wire import Rule, Status

DOWN_ONCE = Rule(nth=(1,), fault=Status(status=503))
DOWN = Rule(every=True, fault=Status(status=503))


def test_a_parcel_is_found_in_spite_of_a_503(tally: Tally, carrier: str) -> None:
    """Two attempts, one retry and one operation, in each signal and on the wire."""
    with tally.through(carrier, DOWN_ONCE) as url:
        answer = carrier_session(url, tally.telemetry).get("/42", operation="track")

    assert answer.json() == {"place": "Bern"}
    assert tally.told() == {"attempt.finished": 2, "retry.started": 1, "operation.finished": 1}


def test_a_carrier_that_is_down_opens_the_circuit(tally: Tally, carrier: str) -> None:
    """Five failures: the second call is ended by the circuit, and the third is not sent."""
    with tally.through(carrier, DOWN) as url:
        session = carrier_session(url, tally.telemetry)
        for _ in range(3):
            with pytest.raises(ResilienceError):
                session.get("/42", operation="track")

    assert tally.told() == {
        "attempt.finished": 5,
        "retry.started": 3,
        "retry.suppressed": 2,
        "circuit_breaker.transition": 1,
        "circuit_breaker.reject": 1,
        "operation.finished": 3,
    }


def test_the_service_tells_of_each_request_once(tally: Tally, carrier: str) -> None:
    """Three are served and one is refused; the witness stands on both of its sides."""
    with (
        tally.through(carrier) as url,
        running_server(tracker(carrier_session(url, tally.telemetry), tally.telemetry)) as server,
        tally.in_front_of(f"{server.host}:{server.port}") as tracked,
    ):
        statuses = [_get(tracked, "/parcels/42") for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert tally.told() == {
        "attempt.finished": 3,
        "operation.finished": 3,
        "request.served": 3,
        "rate_limiting.near_limit": 1,
        "rate_limiting.reject": 1,
    }


def _get(url: str, path: str) -> int:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status
