"""Failures that pass are retried with growing waits; those that last are not made worse."""

import asyncio
import random
from collections import Counter
from itertools import pairwise

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import bookings, slots_in_disorder
from tests.load.drive import drive, evenly
from tests.load.faults import at_booking
from tests.load.house import House
from tests.load.run import Run

from wire import Rule, Status

NAME = "retries"
EVENTS = (
    "attempt.finished",
    "booking.appointment",
    "operation.finished",
    "request.served",
    "retry.started",
    "retry.suppressed",
)
"""What the run must have provoked, else it proves nothing about it."""

SHORT_BACKOFF_S = 0.25
"""A tenth of a second would drown in what a busy machine adds."""

JITTER = 0.2
LATE_S = 0.2
"""What sending and answering may add to a wait on a machine that is busy."""

RATE = 6.0
TRANSIENT_S, OUTAGE_S = 8.0, 15.0
UNLUCKY = range(1, int(RATE * TRANSIENT_S) + 1, 4)
BUDGET = 50
"""Retries that a full budget of 100 tokens is worth; each tenth success is worth another."""


async def _load(house: House, stage: Stage) -> None:
    say = stage.say(house)
    slots = iter(await slots_in_disorder(house, random.Random(stage.seed)))
    house.agent_api.plan(*at_booking(house, UNLUCKY, Status(status=503), nth=(1, 2, 3)))
    with house.shade("each fourth booking fails three times"):
        arrivals = evenly(RATE, TRANSIENT_S)
        await drive(house.records, bookings(house, arrivals, slots, first=1), say)
    house.agent_api.plan(Rule(every=True, fault=Status(status=503)))
    with house.shade("the API answers 503"):
        arrivals = evenly(RATE, OUTAGE_S)
        await drive(house.records, bookings(house, arrivals, slots, first=1001), say)
    house.agent_api.plan()


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run; the circuit stays closed, for retries to be seen."""
    backoff_s = max(stage.scale.backoff_s, SHORT_BACKOFF_S)
    with stage.house(
        NAME, EVENTS, BREAKER_FAILURES=1000, BACKOFF_S=backoff_s, OPERATION_TIMEOUT_S=67
    ) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def test_what_fails_three_times_succeeds_at_last(run: Run) -> None:
    """During the transient failures everybody is served."""
    early = [t for t in run.told if t.user < "user-1001" and t.operation == "book_appointment"]

    assert Counter(told.status for told in early) == {201: int(RATE * TRANSIENT_S)}
    assert run.rows() == run.acknowledged()


def test_each_wait_is_twice_the_one_before(run: Run) -> None:
    """By the ledger: 1, 2 and 4 times the first wait, each at most a fifth more or less."""
    first_s = run.about["options"]["backoff_s"]
    sends: dict[str, list[tuple[float, float]]] = {}
    for entry in run.ledger("agent-api"):
        if entry.method == "POST":
            sends.setdefault(entry.request_id, []).append((entry.started_s, entry.ended_s))
    unlucky = [times for times in sends.values() if len(times) == 4]
    waits_s = [[b[0] - a[1] for a, b in pairwise(times)] for times in unlucky]

    assert len(waits_s) == len(UNLUCKY)
    for waits in waits_s:
        for wait_s, planned_s in zip(waits, (first_s, 2 * first_s, 4 * first_s), strict=True):
            assert planned_s * (1 - JITTER) <= wait_s <= planned_s * (1 + JITTER) + LATE_S


def test_an_outage_is_not_answered_with_a_storm(run: Run) -> None:
    """What is sent beyond one attempt for each operation is bounded by the budget."""
    (outage,) = [shade for shade in run.about["faults"] if shade["name"] == "the API answers 503"]
    sent = [e for e in run.ledger("agent-api") if e.started_s >= outage["from_s"]]
    asked = int(RATE * OUTAGE_S)

    assert sum(entry.attempt == 1 for entry in sent) == asked
    assert 0 < sum(entry.attempt > 1 for entry in sent) <= BUDGET
    assert (
        run.total(
            "booking-agent", "resilience_retries_suppressed_total", stop_reason="retry_budget"
        )
        >= asked - BUDGET
    )


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
