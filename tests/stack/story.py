"""A scripted run: each protection at work once, and where to find what it left."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.stack.stack import Stack
from tests.stack_http import Answer, ask, new_user

from wire import Drop, Entry, Hang, Rule, Status

BOOKING = {"method": "POST", "path": "/appointments"}
LIMIT = 10
"""Requests that a user may make in a minute."""

BREAKER = {"BREAKER_FAILURES": 5, "BREAKER_OPEN_S": 2}


@dataclass(frozen=True, slots=True)
class Scene:
    """What the user was answered, and what crossed the wire meanwhile."""

    answer: Answer
    entries: tuple[Entry, ...]

    @property
    def trace_id(self) -> str:
        """The trace of the user's request."""
        return self.answer.trace_id


def play(stack: Stack) -> Mapping[str, Scene]:
    """Play all scenes; leaves no fault and no open breaker behind."""
    scenes = {
        "three attempts": _book(
            stack,
            Rule(**BOOKING, nth=(1,), fault=Status(status=503)),  # type: ignore[arg-type]  # fields of several types
            Rule(**BOOKING, nth=(2,), fault=Drop(then="hold")),  # type: ignore[arg-type]  # as above
        ),
        "unavailable": _book(
            stack,
            Rule(**BOOKING, nth=(1,), fault=Status(status=503)),  # type: ignore[arg-type]  # as above
        ),
        "told to wait": _book(
            stack,
            Rule(**BOOKING, nth=(1,), fault=_told_to_wait()),  # type: ignore[arg-type]  # as above
        ),
        "timeout": _book(stack, Rule(path="/availability", nth=(1,), fault=Hang())),
        **_dead(stack),
        "limited": _limited(stack),
    }
    return {**scenes, "calm": _book(stack)}


def _told_to_wait() -> Status:
    return Status(status=429, headers=(("Retry-After", "1"),))


def _book(stack: Stack, *rules: Rule) -> Scene:
    before = stack.plan(*rules)
    answer = stack.book()
    scene = Scene(answer, tuple(stack.proxy.ledger.entries(before)))
    stack.plan()
    return scene


def _dead(stack: Stack) -> Mapping[str, Scene]:
    """Everything fails: five failures open the circuit, the next booking is refused unsent."""
    dead = Rule(every=True, fault=Status(status=503))
    failing, opening = _book(stack, dead), _book(stack, dead)
    refused = _book(stack, dead)
    time.sleep(BREAKER["BREAKER_OPEN_S"] + 0.2)
    probed = _book(stack)
    return {"failing": failing, "opening": opening, "refused": refused, "probed": probed}


def _limited(stack: Stack) -> Scene:
    """One user asks the API once too often."""
    user = new_user()
    for _ in range(LIMIT):
        ask(stack.api.port, "GET /services", user=user)
    return Scene(ask(stack.api.port, "GET /services", user=user), ())
