"""The API fails: the circuit opens, rests, is probed once, rests again, and closes."""

import asyncio
import random
from collections import Counter
from statistics import median

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import bookings, slots_in_disorder
from tests.load.drive import drive, evenly
from tests.load.house import House
from tests.load.run import Run

from wire import Rule, Status

NAME = "breaker"
EVENTS = (
    "attempt.finished",
    "booking.appointment",
    "circuit_breaker.reject",
    "circuit_breaker.transition",
    "operation.finished",
    "request.served",
    "retry.suppressed",
)
"""What the run must have provoked, else it proves nothing about it."""

FIRST = 2
"""Users one after the other: four attempts, and one that opens the circuit."""

CROWD = 40
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
    with stage.house(NAME, EVENTS) as house:
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


def test_five_failures_open_it_and_one_probe_tries_again(run: Run) -> None:
    """Two people's attempts up to the fifth, then one probe; nothing else went out meanwhile."""
    failed = [entry.attempt for entry in run.ledger("agent-api") if entry.fault]

    assert failed == [1, 2, 3, 4, 1, 1]


def test_one_probe_decides_that_it_closes(run: Run) -> None:
    """Until the circuit has closed again, one request of the whole crowd was on its way."""
    *_, closed = run.lines("booking-agent", "circuit_breaker.transition")
    closed_s = run.second_of(closed["timestamp"])
    healthy = [e for e in run.ledger("agent-api") if not e.fault]

    assert sum(entry.started_s < closed_s for entry in healthy) == 1


def test_everybody_is_told_to_come_back_or_served(run: Run) -> None:
    """One fails after four attempts, the rest is refused, and after the break all are served."""
    *crowds, last = _crowds(run)

    assert crowds[0] == {502: 1, 503: 1}
    assert crowds[1:3] == [{503: CROWD}] * 2
    assert set(crowds[3]) <= {201, 503}
    assert crowds[3][201] > 0
    assert last == {201: CROWD}
    assert run.rows() == run.acknowledged()


def _crowds(run: Run) -> list[Counter[int | None]]:
    """The answers of each crowd, in the order in which the crowds came."""
    found: dict[int, Counter[int | None]] = {}
    for told in run.told:
        if told.operation == "book_appointment":
            crowd = (int(told.user.removeprefix("user-")) - 1) // CROWD
            found.setdefault(crowd, Counter())[told.status] += 1
    return [found[crowd] for crowd in sorted(found)]


def test_a_refusal_takes_less_than_a_millisecond(run: Run) -> None:
    """In the process that refuses; half of them, since others share its processor."""
    took_s = [
        (span["end_ns"] - span["start_ns"]) / 1e9
        for span in run.spans
        if span["attributes"].get("resilience.outcome") == "rejected"
    ]

    assert len(took_s) == sum(crowd[503] for crowd in _crowds(run)) - 2
    assert median(took_s) < 0.001


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
