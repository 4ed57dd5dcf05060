"""Ten times as many people as the agent can serve, and what is left when they have gone."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from itertools import cycle

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import bookings, slots_in_disorder
from tests.load.drive import drive, evenly
from tests.load.house import House
from tests.load.latency import latency
from tests.load.records import Told
from tests.load.run import Run

from wire import Delay, Rule

NAME = "flood"
EVENTS = (
    "attempt.finished",
    "booking.appointment",
    "operation.finished",
    "request.served",
    "request.shed",
)
"""What the run must have provoked, else it proves nothing about it."""

THREADS, QUEUE = 4, 8
DELAY_S = 0.25
"""What the way to the API takes, so that the capacity is known: a booking is three requests."""

CAPACITY = THREADS / (3 * DELAY_S + 0.1)
PEAK_S, PAUSE_S, FLOOD_S, AFTER_S = 8.0, 3.0, {"short": 15.0, "full": 60.0}, 10.0
RECOVERED_S = 5.0
SERVED = {201, 409}
"""Booked, or told what else is free; both are the work that was asked for."""


async def _load(house: House, stage: Stage) -> None:
    flood_s = FLOOD_S[stage.scale.name]
    slots = cycle(await slots_in_disorder(house, random.Random(stage.seed)))
    house.agent_api.plan(Rule(every=True, fault=Delay(delay_s=DELAY_S)))
    over_s = PEAK_S + PAUSE_S
    phases = (
        (1, evenly(CAPACITY, PEAK_S)),
        (1001, (over_s + at_s for at_s in evenly(10 * CAPACITY, flood_s))),
        (9001, (over_s + flood_s + at_s for at_s in evenly(0.5 * CAPACITY, AFTER_S))),
    )
    dues = [due for first, at_s in phases for due in bookings(house, at_s, slots, first=first)]
    await drive(house.records, dues, stage.say(house))


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run."""
    with stage.house(NAME, EVENTS, AGENT_THREADS=THREADS, QUEUE=QUEUE) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def _of(run: Run, first: int, last: int) -> list[Told]:
    return [
        told
        for told in run.told
        if told.operation == "book_appointment" and first <= int(told.user[5:]) <= last
    ]


def _goodput(told: Iterable[Told]) -> float:
    """How many were served in a second, from the first that was until the last."""
    ended_s = sorted(each.ended_s for each in told if each.status in SERVED)
    return (len(ended_s) - 1) / (ended_s[-1] - ended_s[0])


def test_everybody_is_served_or_turned_away(run: Run) -> None:
    """Before the flood all are served; in it most are turned away, and nothing else happens."""
    before, flood = (
        Counter(t.status for t in _of(run, *part)) for part in ((1, 1000), (1001, 9000))
    )

    assert set(before) <= SERVED
    assert set(flood) <= SERVED | {503}
    assert flood[503] > 0.8 * flood.total()


def test_turning_away_is_quick(run: Run) -> None:
    """It takes no thread and waits for none."""
    turned_away = [told for told in run.told if told.status == 503]

    assert latency(told.latency_s for told in turned_away).p95_s < 1


def test_as_much_is_done_as_without_the_flood(run: Run) -> None:
    """At least four fifths of what was served in a second when just enough people came."""
    assert _goodput(_of(run, 1001, 9000)) >= 0.8 * _goodput(_of(run, 1, 1000))


def test_it_is_over_soon_after(run: Run) -> None:
    """Five seconds after the last of the flood all are served, in time."""
    ended_s = max(told.intended_s for told in _of(run, 1001, 9000))
    later = [t for t in _of(run, 9001, 99_999) if t.intended_s >= ended_s + RECOVERED_S]

    assert len(later) > 5
    assert {told.status for told in later} <= SERVED
    assert latency(told.latency_s for told in later).p95_s < 2


def test_each_one_turned_away_is_counted(run: Run) -> None:
    """The counter says what the ledger saw; the API never heard of them."""
    turned_away = sum(entry.status == 503 for entry in run.ledger("users-agent"))

    assert run.total("booking-agent", "http_server_requests_shed_total") == turned_away
    assert run.total("booking-agent", "http_server_requests_shed_total", reason="queue") > 0
    assert run.rows() == run.acknowledged()


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
