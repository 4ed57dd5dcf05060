"""What a closed circuit breaker adds to a call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import circuitbreaker
import pybreaker

from resilience.breaker import CircuitBreaker

from .harness import Plan, Round, Row, Target, Values
from .timing import each_ns

_COUNT = 50_000


def answer() -> int:
    """The call that is protected."""
    return 42


def through(call: Callable[..., object], *arguments: object) -> Callable[[int], None]:
    """The call through a breaker."""

    def work(count: int) -> None:
        for _ in range(count):
            call(*arguments)

    return work


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Make the three breakers."""
    # Only as a decorator does circuitbreaker ask whether it is open.
    cases = {
        "ours": through(CircuitBreaker().call, answer),
        "circuitbreaker": through(circuitbreaker.CircuitBreaker().decorate(answer)),
        "pybreaker": through(pybreaker.CircuitBreaker().call, answer),
    }

    def one_round() -> Values:
        floor = each_ns(through(answer), _COUNT)
        found = {case: each_ns(cases[case], _COUNT) - floor for case in plan.shuffled([*cases])}
        return {case: found[case] for case in cases}

    yield one_round


ROW = Row(
    name="breaker closed",
    work="`call` through a closed breaker, net of the call itself",
    unit="ns",
    targets=(
        Target(
            to="circuitbreaker",
            now=1 / 4,
            end=1 / 30,
            at_most=True,
            peers=("pybreaker", "circuitbreaker"),
        ),
    ),
    start=start,
)
