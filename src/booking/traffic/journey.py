"""What one visitor does, step by step, as questions that somebody else sends."""

import secrets
from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from urllib.parse import urlencode

from booking.agent.model import Availability, Booked, Person, Services, Slot

KEPT = 30
"""Appointments that stay: for each further one an older one is cancelled, so that time is left."""

MOST_REQUESTS = 8
"""What a journey costs its visitor at the API at most, the three of the agent among them."""

_MOVES, _CANCELS = 0.25, 0.5


class Where(StrEnum):
    """Who is asked."""

    API = "api"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `step` is its name in the summary."""

    step: str
    where: Where
    method: str
    path: str
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Steps = Generator[Ask, bytes, None]
"""Questions; each is answered with the body of its answer, and ends the journey if it failed."""


def journey(draw: Random, person: Person, kept: deque[str]) -> Steps:
    """Look, book through the agent, look again, and sometimes move or cancel.

    `kept` holds the confirmation numbers of what was booked and neither moved nor cancelled.
    """
    offers = Services.model_validate_json((yield _get("services", "/services"))).services
    service = draw.choice(offers).id
    query = urlencode({"service_id": service})
    looked = yield _get("slots", f"/availability?{query}")
    free = Availability.model_validate_json(looked).available_slots
    if not free:
        return
    booked = yield _book(service, draw.choice(free), person)
    number = Booked.model_validate_json(booked).appointment.confirmation_number
    yield _get("show", f"/appointments/{number}")
    yield from _afterwards(draw, number, free, kept)


def _afterwards(draw: Random, number: str, free: list[Slot], kept: deque[str]) -> Steps:
    if draw.random() < _MOVES:
        to = draw.choice(free)
        yield _change("move", number, {"date": to.date, "start_time": to.start_time})
    if draw.random() < _CANCELS:
        yield _change("cancel", number, {"status": "cancelled"})
        return
    kept.append(number)
    if len(kept) > KEPT:
        yield _change("cancel", kept.popleft(), {"status": "cancelled"})


def _get(step: str, path: str) -> Ask:
    return Ask(step, Where.API, "GET", path)


def _book(service: str, slot: Slot, person: Person) -> Ask:
    wish = {
        "service_id": service,
        "date": slot.date,
        "start_time": slot.start_time,
        "on_taken": "take",
        "client": person.model_dump(),
    }
    return Ask("book", Where.AGENT, "POST", "/book", wish, _key())


def _change(step: str, number: str, body: Mapping[str, object]) -> Ask:
    return Ask(step, Where.API, "PATCH", f"/appointments/{number}", body, _key())


def _key() -> Mapping[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}
