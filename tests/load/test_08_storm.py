"""Every fault at once, in a mixture that the seed decides."""

import asyncio
import random
from collections import Counter

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import bookings, slots_in_disorder
from tests.load.drive import drive, evenly, poisson
from tests.load.house import House
from tests.load.run import Run

from wire import Delay, Drip, Drop, Fault, Hang, Refuse, Reset, Rule, Status, Truncate

NAME = "storm"
EVENTS = (
    "attempt.finished",
    "booking.appointment",
    "operation.finished",
    "rate_limited.received",
    "request.resent",
    "request.served",
    "retry.started",
    "retry_after.rejected",
    "timeout.elapsed",
)
"""What the run must have provoked, else it proves nothing about it."""

RATE, STORM_S, CALM_S = 6.0, {"short": 25.0, "full": 50.0}, 3.0
SHARES = (0.005, 0.015)
"""How much of all traffic each fault befalls by chance, at least and at most."""

EACH = 4
"""One after the other each fault befalls one request in so many, so that none is left out."""

HONEST = {201, 429, 502, 503, 504}


def _faults(draw: random.Random, attempt_s: float) -> list[Fault]:
    """One of each kind, and of some more than one."""
    return [
        Refuse(),
        Reset(when="before_forward"),
        Reset(when="mid_body"),
        Hang(),
        Delay(delay_s=round(draw.uniform(0.1, 1.5) * attempt_s, 3)),
        Drip(interval_s=0.05, chunk_bytes=draw.randint(1, 200), start="headers"),
        Drip(interval_s=0.05, chunk_bytes=draw.randint(1, 200)),
        Truncate(body_bytes=draw.randint(0, 100)),
        Truncate(body_bytes=draw.randint(0, 100), then="reset"),
        Status(status=draw.choice([500, 502, 504])),
        Status(status=503, headers=(("Retry-After", "1"),)),
        Status(status=503, headers=(("Retry-After", "later"),)),
        Status(status=429, headers=(("Retry-After", "1"),)),
        Status(status=200, body="<html>not what was asked for</html>"),
        Drop(then="hold"),
        Drop(then="close"),
        Drop(then="reset"),
    ]


def _storm(seed: int, attempt_s: float) -> list[Rule]:
    draw = random.Random(seed)
    faults = _faults(draw, attempt_s)
    draw.shuffle(faults)
    surely = [Rule(fault=fault, nth=(_turn(n, fault),)) for n, fault in enumerate(faults, 1)]
    return surely + [
        Rule(fault=fault, probability=round(draw.uniform(*SHARES), 4)) for fault in faults
    ]


def _turn(number: int, fault: Fault) -> int:
    """A connection is refused at once: there may be few of them."""
    return 1 if isinstance(fault, Refuse) else EACH * number


async def _load(house: House, stage: Stage) -> None:
    draw, say = random.Random(stage.seed), stage.say(house)
    slots = iter(await slots_in_disorder(house, draw))
    rules = _storm(stage.seed, stage.scale.attempt_s)
    house.agent_api.plan(*rules, seed=stage.seed)
    with house.shade("storm"):
        arrivals = poisson(RATE, STORM_S[stage.scale.name], draw)
        await drive(house.records, bookings(house, arrivals, slots, first=1), say)
    house.agent_api.plan()
    await asyncio.sleep(stage.scale.open_s)
    await drive(house.records, bookings(house, evenly(RATE, CALM_S), slots, first=1001), say)


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run."""
    with stage.house(NAME, EVENTS) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def test_every_fault_was_met(run: Run) -> None:
    """A storm in which a fault never happened proves nothing about it."""
    met = {entry.fault for entry in run.ledger("agent-api")} - {""}

    assert met == {
        "delay",
        "drip",
        "drop",
        "hang",
        "refuse",
        "reset",
        "status",
        "truncate",
    }


def test_whoever_was_not_served_was_told_so(run: Run) -> None:
    """Booked, or an error that says what is the matter; most are booked."""
    statuses = Counter(t.status for t in run.told if t.user < "user-1001" and t.user > "user-0000")

    assert set(statuses) <= HONEST
    assert statuses[201] > 0


def test_nothing_is_lost_and_nothing_appears_by_itself(run: Run) -> None:
    """Each acknowledged booking is there; any other is one whose outcome stayed unknown."""
    rows, acknowledged = set(run.rows()), set(run.acknowledged())
    wished = {
        (told.service_id, told.date, told.start_time)
        for told in run.told
        if told.status in (502, 503, 504)
    }

    assert acknowledged <= rows
    assert {row[1:4] for row in rows - acknowledged} <= wished


def test_afterwards_all_is_as_before(run: Run) -> None:
    """When the storm is over and the circuit has rested, everybody is served."""
    later = Counter(told.status for told in run.told if told.user >= "user-1001")

    assert later == {201: int(RATE * CALM_S)}


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
