"""Every short history of the breaker, in virtual time, against an independent model."""

from itertools import product

import pytest
from tests.breaker_model import Model

from resilience.breaker import CircuitBreaker
from resilience.errors import CircuitBreakerOpen
from resilience.options import BreakerOptions
from resilience.permit import Permit
from resilience.testing.clock import FakeClock

STEPS = ("start", "success", "failure", "ignore", "late success", "late failure", "wait", "rest")
WAITS = {"wait": 4.0, "rest": 10.0}
OPTIONS = BreakerOptions(failure_threshold=2, open_for_s=10.0, probe_expires_s=7.0)


class Both:
    """The breaker and its model, taken through the same steps."""

    def __init__(self) -> None:
        self.clock = FakeClock(monotonic_s=0.0)
        self.breaker = CircuitBreaker(options=OPTIONS, clock=self.clock)
        self.model = Model(2, 10.0, 7.0)
        self.under_way: list[tuple[int, Permit]] = []
        self.started = 0

    def step(self, step: str) -> bool:
        """Take one step with both; whether they agree."""
        if step in WAITS:
            self.clock.advance(WAITS[step])
            return True
        return self._start() if step == "start" else self._end(step)

    def _start(self) -> bool:
        self.started += 1
        admitted = self.model.start(self.started, self.clock.monotonic())
        try:
            self.under_way.append((self.started, self.breaker.acquire()))
        except CircuitBreakerOpen:
            return not admitted and self._same()
        return admitted and self._same()

    def _end(self, step: str) -> bool:
        """The newest call ends, or, late, the oldest."""
        if not self.under_way:
            return True
        late, _, how = step.rpartition(" ")
        call, permit = self.under_way.pop(0 if late else -1)
        self.model.end(call, how, self.clock.monotonic())
        getattr(permit, how)()
        return self._same()

    def _same(self) -> bool:
        return self.breaker.state.value == self.model.state


@pytest.mark.fault(17, 19, 20)
def test_every_history_of_five_steps_from_closed() -> None:
    """After each step of each history the states agree, and so does each admission."""
    for history in product(STEPS, repeat=5):
        both = Both()
        for number, step in enumerate(history):
            assert both.step(step), history[: number + 1]


@pytest.mark.parametrize(
    "start",
    [
        ("start", "start", "failure", "failure", "rest"),
        ("start", "start", "start", "late failure", "late failure"),
        ("start", "start", "start", "failure", "failure", "rest", "start"),
    ],
    ids=["rested", "open with one under way", "half-open with one late"],
)
@pytest.mark.fault(19, 20)
def test_every_history_of_four_steps_from_elsewhere(start: tuple[str, ...]) -> None:
    """The same from an open circuit, from a half-open one, and with calls from before."""
    for history in product(STEPS, repeat=4):
        both = Both()
        for number, step in enumerate((*start, *history)):
            assert both.step(step), (start, history[: number + 1])
