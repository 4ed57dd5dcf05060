"""More and more people at once, up to two thousand, on one machine."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import visit
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
EVERY_S = 20.0
"""How often each of the people asks for something; the step lasts as long."""

HONEST = {200, 429, 503}
"""Served, or told to come back later."""


def _step(house: House, people: int, first: int, draw: random.Random) -> list[Due]:
    """Each of them asks twice: at a time of its own, and half the interval later."""

    async def look(user: User, intended_s: float) -> None:
        await user.ask(services(house), intended_s)
        await user.ask_at(availability(house, 1), intended_s + EVERY_S / 2)

    return [
        Due(at_s=draw.uniform(0, EVERY_S / 2), work=visit(house, first + number, look))
        for number in range(people)
    ]


async def _load(house: House, stage: Stage) -> list[Mapping[str, object]]:
    draw, say, first, steps = random.Random(stage.seed), stage.say(house), 1, []
    for people in STEPS:
        before, began_s = len(house.records.told), house.records.now_s()
        with house.shade(f"{people} people"):
            await drive(house.records, _step(house, people, first, draw), say)
        steps.append(_measured(house, people, before, began_s))
        say(f"{steps[-1]}")
        first += people
    steps.append(await _stampede(house, stage, first))
    return steps


async def _stampede(house: House, stage: Stage, first: int) -> Mapping[str, object]:
    """All two thousand ask in the same moment."""

    async def ask(user: User, intended_s: float) -> None:
        await user.ask(services(house), intended_s)

    before, began_s = len(house.records.told), house.records.now_s()
    people = STEPS[-1]
    dues = [Due(at_s=0.5, work=visit(house, first + n, ask)) for n in range(people)]
    with house.shade(f"{people} people in one moment"):
        await drive(house.records, dues, stage.say(house))
    return _measured(house, people, before, began_s)


def _measured(house: House, people: int, before: int, began_s: float) -> Mapping[str, object]:
    told = house.records.told[before:]
    return {
        "people": people,
        "answers_a_second": round(len(told) / (house.records.now_s() - began_s), 1),
        "statuses": Counter(each.status for each in told),
        **asdict(latency(each.latency_s for each in told)),
    }


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run, and what was measured at each step."""
    with stage.house(NAME, EVENTS, LIMITS="10/minute;100/hour") as house:
        steps = asyncio.run(_load(house, stage))
    (house.records.directory / "steps.json").write_text(json.dumps(steps, indent=1))
    return Run(house.records.directory)


def test_two_thousand_are_served_or_told_to_come_back(run: Run) -> None:
    """Everybody got an answer, and no other than one of these."""
    statuses = Counter(told.status for told in run.told)

    assert statuses.total() == 2 * sum(STEPS) + STEPS[-1]
    assert set(statuses) <= HONEST


def test_most_are_served(run: Run) -> None:
    """As long as they do not all come in the same moment, nobody is turned away."""
    steady = Counter(told.status for told in run.told[: 2 * sum(STEPS)])

    assert steady == {200: 2 * sum(STEPS)}


def test_nobody_was_forgotten(run: Run) -> None:
    """The ledger has one line, with an answer, for each request of each user."""
    entries = run.ledger("users-api")

    assert len(entries) == len(run.told)
    assert {entry.error for entry in entries} == {""}


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
