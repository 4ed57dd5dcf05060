"""More and more people at once, up to two thousand, on one machine."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import Part, visit
from tests.load.drive import Due, drive
from tests.load.house import House
from tests.load.journeys import availability, services
from tests.load.latency import latency
from tests.load.run import Run
from tests.load.user import User

NAME = "ramp"
EVENTS = ("request.served",)
"""What the run must have provoked, else it proves nothing about it."""

STEPS = (250, 500, 1000, 2000)
STEP_S, EVERY_S = 15.0, 20.0
"""How long a step lasts, and how often each of the people asks for something."""

HONEST = {200, 429, 503}
"""Served, or told to come back later."""


async def _load(house: House, stage: Stage) -> Sequence[Mapping[str, object]]:
    draw = random.Random(stage.seed)
    joined_s = [number * STEP_S for number, people in enumerate(STEPS) for _ in range(_new(number))]
    dues = [
        Due(at_s=at_s, work=visit(house, number, _staying(house, STEP_S * len(STEPS) - at_s)))
        for number, at_s in enumerate((each + draw.uniform(0, STEP_S) for each in joined_s), 1)
    ]
    began_s = house.records.now_s()
    with house.shade(f"up to {STEPS[-1]} people"):
        await drive(house.records, dues, stage.say(house))
    steps = [
        _measured(house, people, began_s + number * STEP_S, began_s + (number + 1) * STEP_S)
        for number, people in enumerate(STEPS)
    ]
    return [*steps, await _stampede(house, stage)]


def _new(number: int) -> int:
    """How many people join in a step."""
    return STEPS[number] - (STEPS[number - 1] if number else 0)


def _staying(house: House, for_s: float) -> Part:
    """Ask now and then for so long, by a timetable that no slow answer shifts."""

    async def stay(user: User, intended_s: float) -> None:
        for number in range(1 + int(for_s / EVERY_S)):
            ask = availability(house, 1) if number % 2 else services(house)
            await user.ask_at(ask, intended_s + number * EVERY_S)

    return stay


async def _stampede(house: House, stage: Stage) -> Mapping[str, object]:
    """All two thousand ask in the same moment."""

    async def ask(user: User, intended_s: float) -> None:
        await user.ask(services(house), intended_s)

    people, began_s = STEPS[-1], house.records.now_s()
    dues = [Due(at_s=0.5, work=visit(house, STEPS[-1] + n, ask)) for n in range(1, people + 1)]
    with house.shade(f"{people} people in one moment"):
        await drive(house.records, dues, stage.say(house))
    return _measured(house, people, began_s, house.records.now_s())


def _measured(house: House, people: int, from_s: float, to_s: float) -> Mapping[str, object]:
    """What became of that which was due in this time, and how much was done in it."""
    told = [each for each in house.records.told if from_s <= each.intended_s < to_s]
    done = sum(from_s <= each.ended_s < to_s for each in house.records.told)
    return {
        "people": people,
        "answers_a_second": round(done / (to_s - from_s), 1),
        "statuses": Counter(str(each.status or each.error) for each in told),
        **asdict(latency(each.latency_s for each in told)),
    }


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run, and what was measured at each step."""
    with stage.house(NAME, EVENTS, LIMITS="10/minute;100/hour") as house:
        steps = asyncio.run(_load(house, stage))
        for step in steps:
            stage.say(house)(str(step))
    (house.records.directory / "steps.json").write_text(json.dumps(steps, indent=1))
    return Run(house.records.directory)


@pytest.fixture(scope="module")
def steps(run: Run) -> Sequence[Mapping[str, Any]]:
    """Throughput and latency of each step, the last one being the stampede."""
    found: Sequence[Mapping[str, Any]] = json.loads((run.directory / "steps.json").read_text())
    return found


def test_two_thousand_are_served_or_told_to_come_back(run: Run) -> None:
    """Everybody got an answer, and no other than one of these."""
    assert {told.status for told in run.told} <= HONEST
    assert len({told.user for told in run.told}) == 2 * STEPS[-1]


def test_each_step_has_its_figures(steps: Sequence[Mapping[str, Any]]) -> None:
    """Of as many people as were meant to be there; the first of them are all served."""
    assert [step["people"] for step in steps] == [*STEPS, STEPS[-1]]
    assert set(steps[0]["statuses"]) == {"200"}
    assert all(step["count"] > 0 for step in steps)


def test_nobody_was_forgotten(run: Run) -> None:
    """The ledger has one line, with an answer, for each request of each user."""
    entries = run.ledger("users-api")

    assert len(entries) == len(run.told)
    assert {entry.error for entry in entries} == {""}


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
