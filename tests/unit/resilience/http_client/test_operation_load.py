"""Clients that meet one outage together: when they send, and how much."""

from collections import Counter
from random import Random

import pytest
from tests.client_rig import PATIENT, Rig

from resilience.errors import ResilienceError, RetriesExhausted
from resilience.events import OperationFinished, RetryStarted, StopReason
from resilience.options import BreakerOptions, RetryOptions


def clients(count: int, breaker: BreakerOptions) -> list[Rig]:
    """Clients with the default retries, of which each has its own clock and randomness."""
    return [
        Rig(then=503, retry=RetryOptions(), random=Random(seed).random, breaker=breaker)
        for seed in range(count)
    ]


def call(rig: Rig, times: int) -> None:
    """Call a service that is down, once a second."""
    for _ in range(times):
        assert isinstance(rig.failure(rig.get), ResilienceError)
        rig.clock.advance(1.0)


@pytest.mark.fault(23)
def test_clients_that_failed_together_do_not_return_together() -> None:
    """No 50 ms hold more than a quarter of the second attempts."""
    waits = []
    for rig in clients(50, PATIENT):
        assert isinstance(rig.failure(rig.get), RetriesExhausted)
        waits.append(rig.told(RetryStarted)[0].delay_s)
    bins = Counter(int(wait_s / 0.05) for wait_s in waits)

    assert max(bins.values()) <= len(waits) / 4


@pytest.mark.fault(23)
def test_the_budget_alone_bounds_the_load_of_an_outage() -> None:
    """Without a breaker, 250 calls of each client in an outage are at most 300 requests."""
    rigs = clients(10, PATIENT)
    for rig in rigs:
        call(rig, 250)
    sent = sum(len(rig.transport.sent) for rig in rigs)
    stopped = {rig.told(OperationFinished)[-1].stop_reason for rig in rigs}

    assert sent <= 1.2 * 250 * len(rigs)
    assert stopped == {StopReason.RETRY_BUDGET}


@pytest.mark.fault(23)
def test_with_the_breaker_an_outage_is_met_with_a_request_a_minute() -> None:
    """After its first five failures, a client sends its probes and nothing else."""
    rigs = clients(10, BreakerOptions())
    for rig in rigs:
        call(rig, 250)
        minutes = (rig.clock.monotonic() - 1000.0) / 60.0
        assert len(rig.transport.sent) <= 5 + minutes
