"""The collector is lost and comes back: bookings do not notice, and the audit does."""

import asyncio
import random
from collections import Counter

import pytest
from tests.load.balance import UNTRUSTWORTHY, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import bookings, slots_in_disorder
from tests.load.drive import drive, evenly
from tests.load.house import House
from tests.load.latency import latency
from tests.load.run import Run

NAME = "collector-lost"
EVENTS = ("attempt.finished", "booking.appointment", "operation.finished", "request.served")
"""What the run must have provoked, else it proves nothing about it."""

RATE, OVER_S = 8.0, 14.0
LOST_AFTER_S, LOST_FOR_S = 3.0, 6.0


async def _load(house: House, stage: Stage) -> None:
    slots = await slots_in_disorder(house, random.Random(stage.seed))
    lost = asyncio.create_task(_lose(house))
    dues = bookings(house, evenly(RATE, OVER_S), slots, first=1)
    await drive(house.records, dues, stage.say(house))
    await lost


async def _lose(house: House) -> None:
    await asyncio.sleep(LOST_AFTER_S)
    with house.shade("the collector is lost"):
        house.sink.kill()
        await asyncio.sleep(LOST_FOR_S)
        await asyncio.to_thread(house.sink.start)


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run."""
    with stage.house(NAME, EVENTS) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def test_bookings_do_not_notice(run: Run) -> None:
    """Everybody is served in time, and every booking is there."""
    booked = [told for told in run.told if told.operation == "book_appointment"]

    assert Counter(told.status for told in booked) == {201: int(RATE * OVER_S)}
    assert latency(told.latency_s for told in booked).p95_s < 2
    assert run.rows() == run.acknowledged()


def test_what_was_lost_is_counted(run: Run) -> None:
    """Spans made are those that the collector has and those that were counted as dropped."""
    for service in ("booking-api", "booking-agent"):
        made = run.total(service, "telemetry_made_total", signal="span")
        dropped = run.total(service, "telemetry_dropped_total", signal="span")
        received = sum(span["service"] == service for span in run.spans)

        assert made == received + dropped
        assert dropped > 0
        assert run.total(service, "telemetry_dropped_total", signal="log") == 0


def test_the_books_cannot_be_judged(run: Run) -> None:
    """No law is broken, but nobody can say so of what was lost."""
    assert verdict_on(run) == UNTRUSTWORTHY
