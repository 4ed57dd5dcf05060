"""What an open circuit breaker costs a caller that catches its refusal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import circuitbreaker
import pybreaker

from resilience.breaker import CircuitBreaker
from resilience.errors import CircuitBreakerOpen

from .breaker_closed import answer
from .harness import Broken, Plan, Round, Row, Target, Values
from .timing import each_ns

_COUNT = 20_000
_LONG_S = 3600


class Refused(Exception):
    """What is raised and caught at the least."""


def refuse() -> None:
    """A function that does nothing but raise."""
    raise Refused


def caught(
    error: type[Exception], call: Callable[..., object], *arguments: object
) -> Callable[[int], None]:
    """Call and catch the refusal each time."""

    def work(count: int) -> None:
        for _ in range(count):
            try:
                call(*arguments)
            except error:
                continue
            raise Broken("an open breaker let a call through")

    return work


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Make the three breakers and open them."""
    ours = CircuitBreaker(failure_threshold=1, timeout=_LONG_S)
    theirs = circuitbreaker.CircuitBreaker(failure_threshold=1, recovery_timeout=_LONG_S)
    others = pybreaker.CircuitBreaker(fail_max=1, reset_timeout=_LONG_S)
    for breaker in (ours, theirs, others):
        with suppress(Refused, pybreaker.CircuitBreakerError):
            breaker.call(refuse)
    cases = {
        "ours": caught(CircuitBreakerOpen, ours.call, answer),
        "floor": caught(Refused, refuse),
        "circuitbreaker": caught(circuitbreaker.CircuitBreakerError, theirs.decorate(answer)),
        "pybreaker": caught(pybreaker.CircuitBreakerError, others.call, answer),
    }

    def one_round() -> Values:
        found = {case: each_ns(cases[case], _COUNT) for case in plan.shuffled([*cases])}
        return {case: found[case] for case in cases}

    yield one_round


ROW = Row(
    name="breaker open",
    work="raise and catch of an open breaker; floor: a bare raise and catch",
    unit="ns",
    targets=(Target(to="floor", now=2.5, end=2, at_most=True, peers=("circuitbreaker", "floor")),),
    start=start,
)
