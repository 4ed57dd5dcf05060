"""Fifty people are booking at any time, and nothing goes wrong."""

import asyncio
import random
from collections import Counter

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import journeys, slots_in_disorder
from tests.load.drive import drive, poisson
from tests.load.house import House
from tests.load.latency import latency
from tests.load.run import Run

NAME = "normal"
EVENTS = ("attempt.finished", "booking.appointment", "operation.finished", "request.served")
"""What the run must have provoked, else it proves nothing about it."""

CONCURRENT = 50
PAUSE_S = 2.0
JOURNEY_S = 3 * PAUSE_S
OVER_S = {"short": 15.0, "full": 55.0}


async def _load(house: House, stage: Stage) -> None:
    draw = random.Random(stage.seed)
    slots = await slots_in_disorder(house, draw)
    arrivals = poisson(CONCURRENT / JOURNEY_S, OVER_S[stage.scale.name], draw)
    dues = journeys(house, arrivals, slots, first=1, pause_s=PAUSE_S)
    await drive(house.records, dues, stage.say(house))


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run."""
    with stage.house(NAME, EVENTS) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def test_every_journey_succeeds(run: Run) -> None:
    """Everybody saw the services and what is free, booked, and read the booking back."""
    operations = Counter((told.operation, told.status) for told in run.told)
    journeys = operations["list_services", 200]

    assert journeys >= 2 * CONCURRENT
    assert operations == {
        ("list_services", 200): journeys,
        ("get_availability", 200): journeys + 1,
        ("book_appointment", 201): journeys,
        ("get_appointment", 200): journeys,
    }


def test_answers_come_in_time(run: Run) -> None:
    """95 % within 2 s and 99 % within 5 s, counted from when each request was due."""
    found = latency(told.latency_s for told in run.told)

    assert found.p95_s < 2
    assert found.p99_s < 5


def test_what_was_acknowledged_is_there(run: Run) -> None:
    """Each confirmation stands in the database with what its user asked for, and nothing else."""
    assert run.rows() == run.acknowledged()


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
