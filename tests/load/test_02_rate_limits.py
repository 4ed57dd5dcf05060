"""Greedy clients, and twenty users behind one address, among polite ones."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from tests.load.balance import PASSED, verdict_on
from tests.load.conftest import Stage
from tests.load.crowd import visit
from tests.load.drive import Due, drive, evenly, poisson
from tests.load.house import House
from tests.load.journeys import availability, read_back, services
from tests.load.latency import latency
from tests.load.run import Run
from tests.load.scale import LIMITS, Scale
from tests.load.user import Question, User, address

from wire import Entry

NAME = "rate-limits"
EVENTS = ("rate_limiting.near_limit", "rate_limiting.reject", "request.served")
"""What the run must have provoked, else it proves nothing about it."""

SHORT_LIMITS = ((10, 2.0), (100, 30.0))
"""An hour, and even its tenth, is too long for a short run."""

OVER_S = {"short": 33.0, "full": 690.0}
GREEDY, POLITE = range(1, 4), range(101, 111)
SHARING = range(201, 221)
SHARED = address(200)


def _limits(scale: Scale) -> tuple[tuple[int, float], ...]:
    return SHORT_LIMITS if scale.name == "short" else LIMITS


def _spec(scale: Scale) -> str:
    return ";".join(f"{count} per {within_s:g} second" for count, within_s in _limits(scale))


def _question(house: House, draw: random.Random) -> Question:
    """Every path counts, also one that does not exist."""
    return draw.choice(
        [services(house), availability(house, 1), read_back(house, "APPT-0000000000000000")]
    )


def _asking(house: House, number: int, at_s: Sequence[float], draw: random.Random) -> list[Due]:
    async def ask(user: User, intended_s: float) -> None:
        await user.ask(_question(house, draw), intended_s)

    source = SHARED if number in SHARING else ""
    work = visit(house, number, ask, source=source)
    return [Due(at_s=each, work=work) for each in at_s]


async def _load(house: House, stage: Stage) -> None:
    draw, over_s = random.Random(stage.seed), OVER_S[stage.scale.name]
    within_s = _limits(stage.scale)[0][1]
    greedy = [d for n in GREEDY for d in _asking(house, n, [*evenly(20 / within_s, over_s)], draw)]
    sharing = [
        d for n in SHARING for d in _asking(house, n, [*poisson(1 / within_s, over_s, draw)], draw)
    ]
    polite = [d for n in POLITE for d in _asking(house, n, [*evenly(2 / within_s, over_s)], draw)]
    await drive(house.records, [*greedy, *sharing, *polite], stage.say(house))


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """Everything that was written of the run."""
    with stage.house(NAME, EVENTS, LIMITS=_spec(stage.scale)) as house:
        asyncio.run(_load(house, stage))
    return Run(house.records.directory)


def _most_within(entries: Sequence[Entry], within_s: float) -> int:
    """The most requests of which all were surely decided within any time shorter than this.

    Each was decided between its start and its end, so those that began after one did and ended
    less than `within_s` later count, wherever the window is laid.
    """
    return max(
        sum(
            first.started_s <= each.started_s and each.ended_s < first.started_s + within_s
            for each in entries
        )
        for first in entries
    )


def _admitted(run: Run) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in run.ledger("users-api"):
        if entry.upstream_status != 429:
            found.setdefault(entry.client, []).append(entry)
    return found


def test_nobody_gets_more_than_the_limits(run: Run, stage: Stage) -> None:
    """By the ledger, in whichever window: 10 in the short one and 100 in the long one at most."""
    admitted = _admitted(run)
    limits = _limits(stage.scale)
    most = {
        client: [_most_within(entries, within_s) for _, within_s in limits]
        for client, entries in admitted.items()
    }
    greedy = [address(number) for number in GREEDY]

    assert {client: most[client] for client in [*greedy, SHARED]} == {
        client: [10, 100] for client in [*greedy, SHARED]
    }
    assert all(found[0] <= 10 and found[1] <= 100 for found in most.values())


def test_the_polite_are_undisturbed(run: Run) -> None:
    """Nobody else is refused or kept waiting because of the greedy."""
    names = {f"user-{number:04d}" for number in POLITE}
    polite = [told for told in run.told if told.user in names]

    assert {told.status for told in polite} == {200, 404}
    assert latency(told.latency_s for told in polite).p95_s < 2


def test_a_refusal_is_a_429_and_nothing_else(run: Run) -> None:
    """Whoever was not served was told so, and by the limits that the ledger saw at work."""
    statuses = Counter(entry.status for entry in run.ledger("users-api"))

    assert set(statuses) == {200, 404, 429}
    assert statuses[429] == run.total(
        "booking-api", "rate_limiting_requests_total", result="rejected"
    )


def test_the_books_balance(run: Run) -> None:
    """Ledger, metrics, spans, log lines and database tell the same, by every law."""
    assert verdict_on(run) == PASSED
