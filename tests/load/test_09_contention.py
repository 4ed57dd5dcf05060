"""Everybody wants the same few appointments at the same moment."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import Part, slots_in_disorder, visit
from tests.load.drive import Due, drive
from tests.load.house import House
from tests.load.journeys import Slot, book, create
from tests.load.run import Run
from tests.load.user import Answer, User

NAME = "contention"
EVENTS = ("attempt.finished", "booking.appointment", "operation.finished", "request.served")
"""What the run must have provoked, else it proves nothing about it."""

ROUNDS, SLOTS, RIVALS = 3, 5, 16
"""In each round each of the slots is wanted by so many, half of them through the agent."""

EVERY_S = 3.0


def _wanting(house: House, slot: Slot, answers: list[Answer]) -> Part:
    async def want(user: User, intended_s: float) -> None:
        ask = book if user.number % 2 else create
        key = f"contention-{user.number}"
        answers.append(await user.ask(ask(house, user, slot, key), intended_s))

    return want


def _round(house: House, number: int, slots: Sequence[Slot], answers: list[Answer]) -> list[Due]:
    first = 1 + number * SLOTS * RIVALS
    return [
        Due(
            at_s=number * EVERY_S,
            work=visit(house, first + rival, _wanting(house, slots[rival % SLOTS], answers)),
        )
        for rival in range(SLOTS * RIVALS)
    ]


async def _load(house: House, stage: Stage) -> list[Answer]:
    slots = await slots_in_disorder(house, random.Random(stage.seed))
    answers: list[Answer] = []
    dues = [
        due
        for number in range(ROUNDS)
        for due in _round(house, number, slots[number * SLOTS :], answers)
    ]
    await drive(house.records, dues, stage.say(house))
    return answers


@pytest.fixture(scope="module")
def played(stage: Stage) -> tuple[Run, list[Answer]]:
    """Everything that was written of the run, and the answers."""
    with stage.house(NAME, EVENTS) as house:
        answers = asyncio.run(_load(house, stage))
    return Run(house.records.directory), answers


@pytest.fixture(scope="module")
def run(played: tuple[Run, list[Answer]]) -> Run:
    """Everything that was written of the run."""
    return played[0]


@pytest.fixture(scope="module")
def answers(played: tuple[Run, list[Answer]]) -> list[Answer]:
    """What everybody was answered, whole."""
    return played[1]


def test_each_slot_has_one_winner(run: Run, answers: list[Answer]) -> None:
    """One 201 for each slot and 409 for all others, whichever way they came."""
    slots: dict[tuple[str, str], Counter[int | None]] = {}
    for told in (answer.told for answer in answers):
        slots.setdefault((told.date, told.start_time), Counter())[told.status] += 1

    assert [*slots.values()] == [{201: 1, 409: RIVALS - 1}] * (ROUNDS * SLOTS)
    assert run.rows() == run.acknowledged()


def test_losers_are_offered_something_else(run: Run, answers: list[Answer]) -> None:
    """Each refusal lists starts that are free, and never the one that was just taken."""
    for answer in answers:
        if answer.status == 409:
            assert _starts(answer.content)
            assert (answer.told.date, answer.told.start_time) not in _starts(answer.content)


def _starts(content: Any) -> list[tuple[str, str]]:
    return [(slot["date"], slot["start_time"]) for slot in content["alternatives"]]


def test_each_conflict_is_counted_once(run: Run) -> None:
    """The API counts those that it refused itself; the agent saw some of them coming."""
    refused = sum(
        e.upstream_status == 409 for hop in ("agent-api", "users-api") for e in run.ledger(hop)
    )

    assert run.total("booking-api", "booking_appointments_total", result="conflict") == refused
    assert (
        run.total("booking-api", "booking_appointments_total", result="created") == ROUNDS * SLOTS
    )


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
