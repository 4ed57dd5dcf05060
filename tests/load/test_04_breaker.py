"""The API fails: the circuit opens, rests, is probed once, rests again, and closes."""

import asyncio
import random

import pytest
from tests.load.conftest import Stage
from tests.load.crowd import bookings, slots_in_disorder
from tests.load.drive import drive, evenly
from tests.load.house import House
from tests.load.run import Run

from wire import Rule, Status

FIRST = 2
"""Users one after the other: four attempts, and one that opens the circuit."""

CROWD, CROWDS = 40, 5
DOWN = Rule(every=True, fault=Status(status=503))


async def _load(house: House, stage: Stage) -> None:
    open_s, say = stage.scale.open_s, stage.say(house)
    slots = iter(await slots_in_disorder(house, random.Random(stage.seed)))
    numbers = iter(range(1, 10_000, CROWD))

    async def crowd(at_s: float, count: int = CROWD, over_s: float = 1.0) -> None:
        arrivals = [at_s + each for each in evenly(count / over_s, over_s)]
        await drive(house.records, bookings(house, arrivals, slots, first=next(numbers)), say)

    with house.shade("the API answers 503"):
        house.agent_api.plan(DOWN)
        await crowd(0, FIRST, FIRST * 10 * stage.scale.backoff_s)
        await crowd(0)
        await crowd(open_s, over_s=0.1)
    house.agent_api.plan()
    await crowd(open_s, over_s=0.1)
    await crowd(1)


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run."""
    with stage.house("breaker") as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def test_the_circuit_walks_the_whole_way(run: Run) -> None:
    """Closed, open, a probe that fails, open again, a probe that succeeds, closed."""
    lines = run.lines("booking-agent", "circuit_breaker.transition")
    walked = [(line["from_state"], line["to_state"]) for line in lines]

    assert walked == [
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "open"),
        ("open", "half_open"),
        ("half_open", "closed"),
    ]
