"""The whole model: what must be seen after each step of a plan."""

from typing import Any

from tests.simulate.model.operation import Operation
from tests.simulate.model.shared import Shared
from tests.simulate.model.telling import Trace
from tests.simulate.plan import Step

_STATE_OF = {
    "force_open": "forced_open",
    "disable": "disabled",
    "metrics_only": "metrics_only",
    "reset": "closed",
}


class Reference(Shared):
    """What must happen in a plan; `counted` is what all its steps so far add to the metrics."""

    def step(self, number: str, step: Step, *, summed: bool = True) -> dict[str, Any]:
        """Everything that this step must leave behind; `summed`: with the breaker's sums."""
        self.seen, self.decisions = {}, []
        self._run(number, step)
        must = {
            "now": self.now,
            "operations": self.seen,
            "decisions": self.decisions,
            "tokens": self.tokens,
            "state": self.breaker.state,
            "under way": {},
        }
        if summed:
            must["states"] = [self.breaker.state]
            must["seconds"] = self.breaker.seconds_until(self.now)
            must["calls"] = dict(self.breaker.calls)
        return must

    def _run(self, number: str, step: Step) -> None:
        self.pass_time(step.gap_s)
        if step.by_hand:
            self._by_hand(step.by_hand)
        self.stopping = self.stopping or step.stopping
        Operation(self, number, step, self._run).run()

    def _by_hand(self, what: str) -> None:
        self.breaker.set(_STATE_OF[what], self.now)
        trace = Trace("", self.counted)
        self.tell_breaker(trace)
        if trace.lines:
            self.seen["by hand"] = trace.told()
