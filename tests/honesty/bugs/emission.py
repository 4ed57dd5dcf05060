"""Bugs in emission: an event that one of the signals does not tell, or tells twice."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.honesty.bugs.registry import add, wrap

from resilience.declare import Event
from resilience.telemetry.counters import Counters
from resilience.telemetry.logs import Logs
from resilience.telemetry.recorder import Recorder

SKIPPED = "emission skipped"
DOUBLED = "emission doubled"
EVENTS = (
    "attempt.finished",
    "operation.finished",
    "retry.started",
    "retry.suppressed",
    "timeout.elapsed",
    "rate_limited.received",
    "circuit_breaker.transition",
    "circuit_breaker.reject",
    "request.served",
    "request.resent",
    "rate_limiting.reject",
    "rate_limiting.near_limit",
    "booking.appointment",
)


def _skip(name: str, original: Callable[..., Any], sink: object, event: Event, *rest: Any) -> None:
    if event.name != name:
        original(sink, event, *rest)


def _double(
    name: str, original: Callable[..., Any], sink: object, event: Event, *rest: Any
) -> None:
    original(sink, event, *rest)
    if event.name == name:
        original(sink, event, *rest)


def _declare(event: str) -> None:
    short = event.replace(".", "-").replace("_", "-")
    places = ((Counters, "record", "counter"), (Logs, "record", "log"))
    for owner, method, sink in places:
        plant = partial(wrap, owner, method, partial(_skip, event))
        add(f"no-{sink}-{short}", SKIPPED, f"{event} is missing in the {sink}", plant)


for _event in EVENTS:
    _declare(_event)

for _event in EVENTS[:7:2]:
    _short = _event.replace(".", "-").replace("_", "-")
    add(
        f"never-{_short}",
        SKIPPED,
        f"{_event} is told by no signal",
        partial(wrap, Recorder, "__call__", partial(_skip, _event)),
    )
for _event in ("attempt.finished", "retry.started", "rate_limiting.reject", "booking.appointment"):
    _short = _event.replace(".", "-").replace("_", "-")
    add(
        f"twice-counter-{_short}",
        DOUBLED,
        f"{_event} is counted twice",
        partial(wrap, Counters, "record", partial(_double, _event)),
    )
    add(
        f"twice-log-{_short}",
        DOUBLED,
        f"{_event} has two log lines",
        partial(wrap, Logs, "record", partial(_double, _event)),
    )
for _event in ("circuit_breaker.transition", "retry.started", "timeout.elapsed"):
    _short = _event.replace(".", "-").replace("_", "-")
    add(
        f"twice-{_short}",
        DOUBLED,
        f"{_event} is told twice by every signal",
        partial(wrap, Recorder, "__call__", partial(_double, _event)),
    )
