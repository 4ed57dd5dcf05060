"""API and agent are killed in the middle of their work, and started again."""

import asyncio
import random

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import bookings, journeys, slots_in_disorder
from tests.load.drive import drive, evenly
from tests.load.house import House
from tests.load.life import Service
from tests.load.run import Run

NAME = "killed"
EVENTS = (
    "attempt.finished",
    "booking.appointment",
    "circuit_breaker.transition",
    "operation.finished",
    "request.served",
)
"""What the run must have provoked, else it proves nothing about it."""

RATE, OVER_S = 6.0, 12.0
KILLED_AFTER_S = 5.0
RUSH, RUSH_S = 60, 0.6
"""So many book within this time, so that the crash comes in the middle of their requests."""

CALM_S = 4.0


async def _load(house: House, stage: Stage) -> None:
    draw = random.Random(stage.seed)
    slots = iter(await slots_in_disorder(house, draw))
    for number, service in enumerate(house.services):
        crash = asyncio.create_task(_crash(house, service))
        arrivals = evenly(RATE, OVER_S)
        dues = journeys(house, arrivals, slots, first=1 + number * 2000, pause_s=0.5)
        rush = (KILLED_AFTER_S - RUSH_S / 2 + at_s for at_s in evenly(RUSH / RUSH_S, RUSH_S))
        dues += bookings(house, rush, slots, first=1001 + number * 2000)
        await drive(house.records, dues, stage.say(house))
        await crash
        await asyncio.sleep(stage.scale.open_s)
    dues = bookings(house, evenly(RATE, CALM_S), slots, first=5001)
    await drive(house.records, dues, stage.say(house))


async def _crash(house: House, service: Service) -> None:
    """Kill it under load, start it at once, and wait until it serves again."""
    await asyncio.sleep(KILLED_AFTER_S)
    with house.shade(f"the {service.what} is dead"):
        await asyncio.to_thread(house.scraper.once, service)
        service.kill()
        service.start()
        await asyncio.to_thread(service.wait_ready)


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run."""
    with stage.house(NAME, EVENTS) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def test_both_died_and_live_again(run: Run) -> None:
    """Each service has a life that was killed and one that was there at the end."""
    lives = [(life["name"], life["ended"]) for life in run.about["lives"]]

    assert lives == [
        ("api-1", "killed"),
        ("api-2", "running"),
        ("agent-1", "killed"),
        ("agent-2", "running"),
    ]


def test_requests_were_cut_off(run: Run) -> None:
    """Each crash met requests that were under way, or it would prove nothing."""
    cut = {
        hop: sum(e.error in ("upstream_closed", "upstream_reset") for e in run.ledger(hop))
        for hop in ("agent-api", "users-agent")
    }

    assert min(cut.values()) > 0, cut


def test_every_acknowledged_booking_is_there(run: Run) -> None:
    """No confirmation that a user saw is missing after the crashes."""
    assert {*run.acknowledged()} <= {*run.rows()}


def test_nothing_appears_by_itself(run: Run) -> None:
    """A booking that nobody was told of is one that a user tried to make."""
    unknown = {
        (told.service_id, told.date, told.start_time)
        for told in run.told
        if told.operation == "book_appointment" and told.status != 201
    }

    assert {row[1:4] for row in {*run.rows()} - {*run.acknowledged()}} <= unknown


def test_afterwards_all_is_as_before(run: Run) -> None:
    """When both live again and the circuit has rested, everybody is served."""
    later = [told.status for told in run.told if told.user >= "user-5001"]

    assert later == [201] * int(RATE * CALM_S)


def test_the_books_balance(run: Run) -> None:
    """What was lost with a process is named, and nothing else is missing."""
    assert verdict_on(run) == PASSED
