"""Every history of the circuit breaker up to a depth, walked through beside its model.

Two histories that leave breaker and model in the same state have the same future, so that the
walk goes on from one of them and counts for both. What a state is, is read off the breaker's
attributes as they are, whatever they are called.
"""

import threading
from collections import deque
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from tests.simulate.model.breaker import Breaker, Ticket
from tests.simulate.plan import Window

from resilience.breaker import CircuitBreaker
from resilience.declare import Event
from resilience.errors import CircuitBreakerOpen
from resilience.events import BreakerRejected, BreakerTransition
from resilience.options import BreakerOptions, WindowOptions
from resilience.permit import Permit
from resilience.testing.clock import FakeClock

WAITS = {"wait": 4.0, "rest": 10.0}
HANDS = {
    "force_open": "forced_open",
    "disable": "disabled",
    "metrics_only": "metrics_only",
    "reset": "closed",
}
CALLS = {"call ok": "success", "call fails": "failure", "call interrupted": "ignored"}
ENDS = ("success", "failure", "ignore", "late success", "late failure", "late ignore")
STEPS = ("start", *ENDS, *CALLS, *WAITS, *HANDS)
_EPOCH_S = 1_000_000.0
_SKIPPED = {"_books", "_successes", "_rejections", "_options", "_lock", "_target"}
"""Sums that are compared but decide nothing, and what never changes."""


class Interrupted(BaseException):
    """What ends a call without saying anything of the service."""


class Both:
    """The breaker and its model, taken through the same steps."""

    def __init__(self, options: BreakerOptions) -> None:
        self.clock = FakeClock(monotonic_s=_EPOCH_S)
        self.told: list[Event] = []
        self.breaker = CircuitBreaker(options=options, clock=self.clock, emit=self.told.append)
        self.model = Breaker(
            options.failure_threshold,
            options.open_for_s,
            options.probe_expires_s,
            options.probes,
            _window(options.window),
            entered=_EPOCH_S,
        )
        self.under_way: list[tuple[Permit, Ticket]] = []

    def take(self, step: str) -> str:
        """Take one step with both; what they disagree in, or nothing."""
        if step in WAITS:
            self.clock.advance(WAITS[step])
        elif step in HANDS:
            getattr(self.breaker, step)()
            self.model.set(HANDS[step], self.clock.monotonic())
        elif step in CALLS:
            return self._call(CALLS[step]) or self._difference()
        elif step == "start":
            return self._start() or self._difference()
        elif self.under_way:
            self._end(step)
        return self._difference()

    def state(self) -> Any:
        """What decides the future of both."""
        now_s = self.clock.monotonic()
        roles = {id(permit): number for number, (permit, _) in enumerate(self.under_way)}
        tickets = tuple(self._role(ticket) for _, ticket in self.under_way)
        permits = tuple(self._permit_role(permit) for permit, _ in self.under_way)
        shape = _Shape(now_s, roles).of(vars(self.breaker))
        return shape, permits, tickets, _model_state(self.model, now_s)

    def _role(self, ticket: Ticket) -> Any:
        if ticket in self.model.probing:
            return "probe", ticket.since - self.clock.monotonic()
        late = ticket.is_probe or ticket.era != self.model.era
        return "late" if late else self._age(ticket)

    def _age(self, ticket: Ticket) -> float:
        """How long the call has taken, as far as anybody asks."""
        return self.clock.monotonic() - ticket.since if self.model.window else 0.0

    def _permit_role(self, permit: Permit) -> str:
        held = vars(self.breaker).values()
        known = any(permit is each for each in held)
        return "current" if known else "other"

    def _start(self) -> str:
        now_s = self.clock.monotonic()
        expected = self.model.start(now_s)
        try:
            permit = self.breaker.acquire()
        except CircuitBreakerOpen as refusal:
            return "" if refusal.retry_after_s == expected else f"refused, not {expected}"
        if not isinstance(expected, Ticket):
            return "admitted, not refused"
        self.under_way.append((permit, expected))
        return ""

    def _end(self, step: str) -> None:
        """The newest call ends, or, late, the oldest."""
        late, _, how = step.rpartition(" ")
        permit, ticket = self.under_way.pop(0 if late else -1)
        now_s = self.clock.monotonic()
        took_s = now_s - ticket.since
        self.model.end(ticket, "ignored" if how == "ignore" else how, took_s, now_s)
        getattr(permit, how)(*(() if how == "ignore" else (took_s,)))

    def _call(self, how: str) -> str:
        expected = self.model.start(self.clock.monotonic())
        if isinstance(expected, Ticket):
            self.model.end(expected, how, 0.0, self.clock.monotonic())
        errors = {"failure": OSError(), "ignored": Interrupted()}
        try:
            self.breaker.call(_do, errors.get(how))
        except CircuitBreakerOpen as refusal:
            return "" if refusal.retry_after_s == expected else f"refused, not {expected}"
        except (OSError, Interrupted):
            pass
        return "" if isinstance(expected, Ticket) else "called, not refused"

    def _difference(self) -> str:
        now_s = self.clock.monotonic()
        gauges: dict[str, dict[str, float]] = {}
        for reading in self.breaker.readings():
            gauges.setdefault(reading.gauge.name, {})[reading.values[-1]] = reading.value
        name = "resilience_circuit_breaker_"
        pairs = {
            "state": (self.breaker.state.value, self.model.state),
            "told": ([_plain(event) for event in self.told], self.model.told),
            "rest": (self.breaker.rest_s(), self.model.refuses_for(now_s)),
            "calls": (gauges[f"{name}calls"], self.model.calls),
            "seconds": (gauges[f"{name}state_seconds"], self.model.seconds_until(now_s)),
        }
        return "; ".join(f"{n}: {a!r}, not {b!r}" for n, (a, b) in pairs.items() if a != b)


class Walk(NamedTuple):
    """What a walk came to."""

    histories: int
    states: int
    difference: str


def walk(options: BreakerOptions, depth: int, start: tuple[str, ...] = ()) -> Walk:
    """Take every history of `depth` steps after `start`; stops at the first difference."""
    frontier: dict[Any, tuple[int, tuple[str, ...]]] = {(): (1, start)}
    states = 0
    for _ in range(depth):
        reached: dict[Any, tuple[int, tuple[str, ...]]] = {}
        for count, history in frontier.values():
            for step in STEPS:
                both = _after(options, history)
                if difference := both.take(step):
                    return Walk(0, states, f"{(*history, step)}: {difference}")
                before, shortest = reached.get(key := both.state(), (0, (*history, step)))
                reached[key] = before + count, shortest
        frontier = reached
        states += len(frontier)
    return Walk(sum(count for count, _ in frontier.values()), states, "")


def _after(options: BreakerOptions, history: tuple[str, ...]) -> Both:
    both = Both(options)
    for step in history:
        both.take(step)
    return both


def _do(error: BaseException | None) -> None:
    if error is not None:
        raise error


def _plain(event: Event) -> tuple[str | float, ...]:
    if isinstance(event, BreakerRejected):
        return "reject", event.retry_after_s
    assert isinstance(event, BreakerTransition)
    return "transition", event.from_state.value, event.to_state.value, event.reason.value


def _window(window: WindowOptions | None) -> Window | None:
    if window is None:
        return None
    return Window(**{name: getattr(window, name) for name in Window.__slots__})


def _model_state(model: Breaker, now_s: float) -> Any:
    entered = model.entered - now_s if model.state == "open" else 0.0
    kept = 0 if model.window is None else -model.window.size
    timed = model.window is not None and model.window.counts == "time"
    history = model.history if timed else model.history[kept:]
    calls = tuple((at - now_s if timed else 0.0, *rest) for at, *rest in history)
    probing = tuple(ticket.since - now_s for ticket in model.probing)
    return model.state, entered, model.streak, calls, probing, model.passed


class _Shape:
    """The attributes of an object as comparable values, times relative to now."""

    def __init__(self, now_s: float, permits: Mapping[int, int]) -> None:
        self._now_s, self._permits = now_s, permits

    def of(self, value: Any) -> Any:
        if isinstance(value, Enum | str | bool) or value is None:
            return value
        if isinstance(value, float | int):
            return value - self._now_s if value >= _EPOCH_S / 2 and value != float("inf") else value
        if isinstance(value, Permit):
            return "permit", self._permits.get(id(value), -1)
        if isinstance(value, Mapping):
            return tuple((self.of(k), self.of(v)) for k, v in value.items() if k not in _SKIPPED)
        if isinstance(value, list | tuple | deque):
            return tuple(map(self.of, value))
        return self._of_object(value)

    def _of_object(self, value: Any) -> Any:
        if callable(value) or isinstance(value, type(threading.Lock())):
            return "unchanging"
        return self.of(vars(value))
