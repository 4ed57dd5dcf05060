"""Nobody reads the log lines for a while: bookings do not notice, and nothing is lost."""

import asyncio
import random
from collections import Counter

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import bookings, slots_in_disorder
from tests.load.drive import drive, evenly
from tests.load.house import House
from tests.load.latency import latency
from tests.load.run import Run

NAME = "log-reader-stopped"
EVENTS = ("attempt.finished", "booking.appointment", "operation.finished", "request.served")
"""What the run must have provoked, else it proves nothing about it."""

RATE, OVER_S = 10.0, 16.0
STOPPED_AFTER_S, STOPPED_FOR_S = 2.0, 10.0
PIPE_BYTES = 65_536
"""What a pipe holds before it blocks whoever writes."""


async def _load(house: House, stage: Stage) -> None:
    slots = await slots_in_disorder(house, random.Random(stage.seed))
    stopped = asyncio.create_task(_stop_reading(house))
    dues = bookings(house, evenly(RATE, OVER_S), slots, first=1)
    await drive(house.records, dues, stage.say(house))
    await stopped


async def _stop_reading(house: House) -> None:
    await asyncio.sleep(STOPPED_AFTER_S)
    with house.shade("nobody reads the log lines"):
        for reader in house.readers:
            reader.stop()
        await asyncio.sleep(STOPPED_FOR_S)
    for reader in house.readers:
        reader.go_on()


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run."""
    with stage.house(NAME, EVENTS, through_pipes=True) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def test_bookings_do_not_notice(run: Run) -> None:
    """Everybody is served in time, and every booking is there."""
    booked = [told for told in run.told if told.operation == "book_appointment"]

    assert Counter(told.status for told in booked) == {201: int(RATE * OVER_S)}
    assert latency(told.latency_s for told in booked).p95_s < 2
    assert run.rows() == run.acknowledged()


def test_the_pipe_was_full(run: Run) -> None:
    """More was written in that time than a pipe holds, or the test would prove nothing."""
    (shade,) = run.about["faults"]
    for service in ("booking-api", "booking-agent"):
        meanwhile = [
            line
            for line in run.lines(service)
            if shade["from_s"] < run.second_of(line["timestamp"]) < shade["to_s"]
        ]
        assert sum(len(str(line)) for line in meanwhile) > 1.5 * PIPE_BYTES


def test_the_books_balance(run: Run) -> None:
    """All lines came in the end, so that every law can be judged, and holds."""
    assert verdict_on(run) == PASSED
