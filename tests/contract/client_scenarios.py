"""Each event of a protected call, provoked by calling."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from opentelemetry.instrumentation.requests import RequestsInstrumentor
from tests.contract.scenario import Act, Scenario

from resilience import (
    BreakerOptions,
    CircuitBreaker,
    ClientOptions,
    ProtectedSession,
    ResilienceError,
    RetryOptions,
    instrument_requests,
)
from resilience.events import (
    AttemptFinished,
    BreakerRejected,
    BreakerTransition,
    OperationFinished,
    RateLimitReceived,
    RetryAfterRejected,
    RetryStarted,
    RetrySuppressed,
    TimedOut,
)
from resilience.testing import FakeClock, Reply, ScriptedTransport, Signals

ONCE = RetryOptions(max_retries=0)
BRITTLE = BreakerOptions(failure_threshold=1)
SOON = Reply(503, headers={"Retry-After": "soon"})
ASKED_LONG = Reply(429, headers={"Retry-After": "1000"})
SLOW = Reply(200, after_s=20.0)


@contextmanager
def calling(signals: Signals, *script: Any, arranged: int = 0, **options: Any) -> Iterator[Act]:
    """A protected session on a script; the act is one GET, `arranged` others come before it."""
    clock = FakeClock()
    instrument_requests(signals.telemetry)
    session = ProtectedSession(
        ClientOptions(
            target="api",
            base_url="http://service.test",
            operations=frozenset({"list_services"}),
            **options,
        ),
        clock=clock,
        emit=signals.emit,
        observe=signals.observe,
        random=lambda: 0.5,
        transport=ScriptedTransport(*script, clock=clock),
    )

    def act() -> None:
        with suppress(ResilienceError):
            session.get("/services", operation="list_services", url_template="/services")

    try:
        for _ in range(arranged):
            act()
        yield act
    finally:
        session.close()
        RequestsInstrumentor().uninstrument()


@contextmanager
def breaking(signals: Signals, *, failures: int, rest_s: float = 0.0) -> Iterator[Act]:
    """A breaker of its own after failures and a rest; the act is one call that succeeds."""
    clock = FakeClock()
    breaker = CircuitBreaker(3, 60, target="api", clock=clock, emit=signals.emit)

    def act(call: Any = int) -> None:
        with suppress(ResilienceError, ZeroDivisionError), signals.observe("caller"):
            breaker.call(call)

    for _ in range(failures):
        act(lambda: 1 / 0)
    clock.advance(rest_s)
    yield act if failures > 2 else partial(act, lambda: 1 / 0)


def _called(event: Any, when: str, *script: Any, **options: Any) -> Scenario:
    return Scenario(event, when, lambda signals: calling(signals, *script, **options))


def _broken(event: Any, when: str, **options: Any) -> Scenario:
    return Scenario(event, when, lambda signals: breaking(signals, **options))


CLIENT = (
    _called(OperationFinished, "success", 200),
    _called(OperationFinished, "rescued by a retry", 503, 200),
    _called(OperationFinished, "failure", 503, retry=ONCE),
    _called(OperationFinished, "refused", 503, retry=ONCE, breaker=BRITTLE, arranged=1),
    _called(AttemptFinished, "answered", 200),
    _called(AttemptFinished, "refused by the service", 404),
    _called(AttemptFinished, "connection lost", ConnectionResetError(), retry=ONCE),
    _called(AttemptFinished, "too slow", SLOW, retry=ONCE),
    _called(RetryStarted, "after a 503", 503, 200),
    _called(
        RetryStarted,
        "after a 429 that asked to wait",
        Reply(429, headers={"Retry-After": "2"}),
        200,
    ),
    _called(RetrySuppressed, "no attempts left", 503, retry=ONCE),
    _called(RetrySuppressed, "asked to wait too long", ASKED_LONG),
    _called(TimedOut, "no answer", SLOW, retry=ONCE),
    _called(RateLimitReceived, "429", ASKED_LONG),
    _called(RetryAfterRejected, "no number and no date", SOON, 200),
    _called(BreakerTransition, "opened by a call", 503, retry=ONCE, breaker=BRITTLE),
    _broken(BreakerTransition, "opened by the third failure", failures=2),
    _called(BreakerRejected, "open for a session", 503, retry=ONCE, breaker=BRITTLE, arranged=1),
    _broken(BreakerRejected, "open", failures=3, rest_s=59),
)
