"""The API hangs, drips, or answers after the commit and is not heard, for some of many."""

import asyncio
import random
from collections import Counter

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import bookings, slots_in_disorder
from tests.load.drive import drive, evenly
from tests.load.faults import at_booking
from tests.load.house import House
from tests.load.latency import latency
from tests.load.run import Run

from wire import Drip, Drop, Hang

NAME = "timeouts"
EVENTS = (
    "attempt.finished",
    "booking.appointment",
    "operation.finished",
    "request.resent",
    "request.served",
    "retry.started",
    "timeout.elapsed",
)
"""What the run must have provoked, else it proves nothing about it."""

RATE, OVER_S = 5.0, 16.0
HUNG, DRIPPED, DROPPED = range(5, 70, 12), range(7, 70, 12), range(9, 70, 12)
VICTIMS = {*HUNG, *DRIPPED, *DROPPED}
LATE_S = 0.5
"""How much later than its limit an attempt may end on a machine that is busy."""


async def _load(house: House, stage: Stage) -> None:
    house.agent_api.plan(
        *at_booking(house, HUNG, Hang()),
        *at_booking(house, DRIPPED, _drip(stage), method="GET", path="/availability"),
        *at_booking(house, DROPPED, Drop(then="hold")),
    )
    slots = await slots_in_disorder(house, random.Random(stage.seed))
    dues = bookings(house, evenly(RATE, OVER_S), slots, first=1)
    with house.shade("some bookings hang, drip or are not heard of"):
        await drive(house.records, dues, stage.say(house))


def _drip(stage: Stage) -> Drip:
    """A byte often enough that no read waits for long, and all of them for much too long."""
    return Drip(interval_s=stage.scale.attempt_s / 15, start="headers")


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run; no fault here is to open the circuit."""
    with stage.house(NAME, EVENTS, BREAKER_FAILURES=1000) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def test_everybody_is_served(run: Run) -> None:
    """An attempt that came to nothing is followed by one that succeeds, and books once."""
    statuses = Counter((told.operation, told.status) for told in run.told)

    assert statuses == {("get_availability", 200): 1, ("book_appointment", 201): RATE * OVER_S}
    assert run.rows() == run.acknowledged()


def test_an_attempt_is_cut_on_the_clock(run: Run, stage: Stage) -> None:
    """By the ledger each attempt was given up at its limit, however its answer dragged on."""
    cut = [e for e in run.ledger("agent-api") if e.client_closed_early]
    took_s = [entry.ended_s - entry.started_s for entry in cut]
    limit_s = stage.scale.attempt_s

    assert Counter(e.fault for e in cut) == {
        "hang": len(HUNG),
        "drip": len(DRIPPED),
        "drop": len(DROPPED),
    }
    assert all(limit_s - 0.1 <= each <= limit_s + LATE_S for each in took_s), sorted(took_s)


def test_what_was_committed_unheard_is_replayed(run: Run) -> None:
    """The second send of a booking whose answer was lost gets the answer of the first."""
    dropped = {e.idempotency_key for e in run.ledger("agent-api") if e.fault == "drop"}
    again = [
        (e.attempt, e.upstream_status, e.status)
        for e in run.ledger("agent-api")
        if e.idempotency_key in dropped and not e.fault
    ]

    assert again == [(2, 201, 201)] * len(DROPPED)
    assert run.total("booking-api", "booking_appointments_total", result="replayed") == len(DROPPED)


def test_the_others_are_undisturbed(run: Run, stage: Stage) -> None:
    """Whoever had no fault waited for nobody else's."""
    names = {f"user-{number:04d}" for number in VICTIMS}
    others = [told for told in run.told if told.user not in names]

    assert latency(told.latency_s for told in others).p95_s < 2


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
