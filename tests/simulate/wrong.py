"""Mistakes that somebody could make: each makes the library wrong while it is planted."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from opentelemetry.context import Context

from resilience.breaker import CircuitBreaker
from resilience.breaker_books import BreakerBooks
from resilience.budget import RetryBudget
from resilience.deadline import Deadline
from resilience.edge.limits import Limits
from resilience.edge.storage import WindowMemory
from resilience.events import AttemptFinished, BreakerTransition, Event, RetryStarted, TimedOut
from resilience.http_client import attempt, plan
from resilience.http_client.operation import Operation
from resilience.http_client.progress import InProgress
from resilience.http_client.verdict import Nature
from resilience.permit import Judged, Permit
from resilience.retry import Course, Retry
from resilience.telemetry.counters import Counters
from resilience.telemetry.logs import Logs
from resilience.telemetry.recorder import Recorder
from resilience.telemetry.tracer import LeanTracer
from resilience.testing.transport import ScriptedTransport
from resilience.window import Streak

Around = Callable[..., Any]
"""What stands in for a function; it gets the right one first, then the arguments."""


def _twice(right: Around, self: Any, *arguments: Any) -> Any:
    right(self, *arguments)
    return right(self, *arguments)


def _never(right: Around, *arguments: Any, **named: Any) -> None:
    del right, arguments, named


def _with_a_probe_more(right: Around, self: Any, *arguments: Any, **named: Any) -> None:
    right(self, *arguments, **named)
    self._options = replace(self._options, probes=self._options.probes + 1)


def _without_key_after_the_first(right: Around, self: Any, number: int) -> Any:
    request = right(self, number)
    if number > 1:
        request.headers.pop("Idempotency-Key", None)
    return request


def _blaming_clients(right: Around, response: Any, *arguments: Any) -> Any:
    verdict = right(response, *arguments)
    return verdict._replace(judged=Judged.FAILURE) if response.status_code == 404 else verdict


def _late_results_count(right: Around, self: Any, permit: Any, *arguments: Any) -> Any:
    return right(self, permit if permit in self._probes else self._gate or permit, *arguments)


def _forgetting_time(right: Around, self: Any, state: Any, now_s: float) -> Any:
    self._since_s = now_s
    return right(self, state, now_s)


def _one_fewer(right: Around, *arguments: Any) -> tuple[float, int]:
    oldest, count = right(*arguments)
    return oldest, max(0, count - 1)


def _burning_quota(right: Around, self: Any, client: str) -> Any:
    windows, admitted = right(self, client)
    if not admitted:
        for policy, *_ in windows:
            self._limiter.hit(policy, client)
    return windows, admitted


def _as_roots(right: Around, self: Any, name: str, *arguments: Any, **named: Any) -> Any:
    context = Context() if name == "resilience.retry" else None
    return right(self, name, *arguments, **({"context": context, **named}))


def _only(kind: type[Event], mistake: Around) -> Around:
    """The mistake for one kind of event, and the right thing for all others."""

    def around(right: Around, self: Any, event: Event, *arguments: Any) -> Any:
        if isinstance(event, kind):
            return mistake(right, self, event, *arguments)
        return right(self, event, *arguments)

    return around


def _changed(kind: type[Event], change: Callable[[Any], Mapping[str, Any]]) -> Around:
    """The recorder hears of one kind of event with other fields."""

    def mistake(right: Around, self: Any, event: Any) -> Any:
        return right(self, kind(**{**event.__dict__, **change(event)}))

    return _only(kind, mistake)


WRONG: dict[str, tuple[object, str, Around]] = {
    "one retry too many": (
        Course,
        "_reason_to_stop",
        lambda right, self, attempts: right(self, attempts - 1),
    ),
    "a hidden second layer of retries": (ScriptedTransport, "send", _twice),
    "jitter beyond its share": (
        Retry,
        "wait",
        lambda right, *a: replace(right(*a), delay_s=right(*a).delay_s * 1.25),
    ),
    "the circuit opens one failure late": (
        Streak,
        "__init__",
        lambda right, self, threshold: right(self, threshold + 1),
    ),
    "one probe more": (CircuitBreaker, "__init__", _with_a_probe_more),
    "a probe's place is not freed": (Permit, "ignore", _never),
    "late results count": (CircuitBreaker, "_judge_locked", _late_results_count),
    "the time in a state is not added up": (BreakerBooks, "enter", _forgetting_time),
    "a 404 is held against the service": (attempt, "judge_response", _blaming_clients),
    "the budget is never refilled": (RetryBudget, "success", _never),
    "the budget is not asked": (RetryBudget, "allows", lambda right, self: True),
    "a POST without a key is sent again": (
        plan,
        "Nature",
        lambda right, is_safe, has_key: Nature(is_safe, True),
    ),
    "the key is lost after the first attempt": (
        Operation,
        "_request",
        _without_key_after_the_first,
    ),
    "the deadline is forgotten": (Deadline, "fits", lambda right, self, wait_s=0.0: True),
    "Retry-After is not waited for": (attempt, "parse_retry_after", lambda right, *a: 0.0),
    "the limiter admits one too many": (WindowMemory, "get_moving_window", _one_fewer),
    "rejected requests burn the quota": (Limits, "_count", _burning_quota),
    "a retry is not counted": (Counters, "record", _only(RetryStarted, _never)),
    "a timeout is counted twice": (Counters, "record", _only(TimedOut, _twice)),
    "a timeout leaves no line": (Logs, "record", _only(TimedOut, _never)),
    "a retry leaves two lines": (Logs, "record", _only(RetryStarted, _twice)),
    "the wait's span is a root": (LeanTracer, "start_span", _as_roots),
    "a transition is told the wrong way round": (
        Recorder,
        "__call__",
        _changed(BreakerTransition, lambda e: {"from_state": e.to_state, "to_state": e.from_state}),
    ),
    "the resend count is not told": (
        Recorder,
        "__call__",
        _changed(AttemptFinished, lambda e: {"resend_count": None}),
    ),
    "an operation stays in progress": (
        InProgress,
        "_add",
        lambda right, self, name, change: right(self, name, max(0, change)),
    ),
}
"""What is replaced, and by what."""


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The library with one mistake in it."""
    place, function, around = WRONG[name]
    right = getattr(place, function)

    def wrong(*arguments: Any, **named: Any) -> Any:
        return around(right, *arguments, **named)

    with patch.object(place, function, wrong):
        yield
