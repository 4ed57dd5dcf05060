"""Tests of `booking.traffic.journey`."""

import json
from collections import deque
from random import Random

from tests.unit.booking.agent.conftest import FakeApi, booking

from booking.agent.model import Booked, Person
from booking.traffic.journey import KEPT, MOST_REQUESTS, Ask, journey

ADA = Person(name="Ada", email="ada@example.com", phone="+1 555 0100")
AGENT_ASKS = 3
"""What one booking by the agent asks the API: services, availability, appointment."""


def answer(ask: Ask) -> bytes:
    """What a stack without any trouble answers, with everything free."""
    api = FakeApi(["09:00", "10:00", "11:00"])
    if ask.step == "services":
        return json.dumps({"services": [each.model_dump() for each in api.services()]}).encode()
    if ask.step == "slots":
        return api.availability("srv-001", None).model_dump_json().encode()
    return Booked(appointment=booking(("2026-12-01", "09:00"))).model_dump_json().encode()


def walk(seed: int, kept: deque[str]) -> list[Ask]:
    """Everything that one visitor asks."""
    steps, asked = journey(Random(seed), ADA, kept), []
    try:
        asked.append(next(steps))
        while True:
            asked.append(steps.send(answer(asked[-1])))
    except StopIteration:
        return asked


def test_everybody_looks_books_and_looks_again() -> None:
    """The first four steps are the same for all, and booking goes through the agent."""
    asked = walk(1, deque())
    assert [(ask.step, ask.where.value) for ask in asked[:4]] == [
        ("services", "api"),
        ("slots", "api"),
        ("book", "agent"),
        ("show", "api"),
    ]


def test_a_seed_draws_the_same_wishes_again() -> None:
    """All but the keys, which nobody may guess."""
    once, again = ([(ask.path, ask.body) for ask in walk(7, deque())] for _ in range(2))
    assert once == again


def test_some_move_and_some_cancel() -> None:
    """Of a hundred visitors there are both, and those who do neither."""
    ends = {tuple(ask.step for ask in walk(seed, deque())[4:]) for seed in range(100)}
    assert ends == {(), ("move",), ("cancel",), ("move", "cancel")}


def test_no_journey_costs_more_than_it_says() -> None:
    """Within the limits also when an older appointment is cancelled on the way."""
    costs = {len(walk(seed, deque(["APPT-OLD"] * KEPT))) - 1 + AGENT_ASKS for seed in range(100)}
    assert max(costs) == MOST_REQUESTS


def test_only_so_many_appointments_stay() -> None:
    """The oldest makes room."""
    kept = deque(f"APPT-{number}" for number in range(KEPT))
    asked = next(a for a in (walk(s, kept) for s in range(100)) if "APPT-0" in a[-1].path)
    assert (asked[-1].step, asked[-1].body, len(kept)) == ("cancel", {"status": "cancelled"}, KEPT)


def test_every_change_has_a_key_of_its_own() -> None:
    """Bookings, moves and cancellations can be sent again without harm."""
    asked = [ask for seed in range(20) for ask in walk(seed, deque())]
    keys = [ask.headers["Idempotency-Key"] for ask in asked if ask.method != "GET"]
    assert len(set(keys)) == len(keys) >= 20
