"""The real thing in virtual time: a protected session, the edge's limits, a scripted service."""

from contextvars import Context
from typing import Any

from requests import PreparedRequest
from tests.simulate.caller import Call, client_options
from tests.simulate.capture import Capture
from tests.simulate.model.shared import START_S
from tests.simulate.model.telling import TARGET
from tests.simulate.plan import RANDOMS, Plan, Step, Turn
from tests.simulate.service import UNSENT, played

from resilience import ProtectedSession
from resilience.edge.limits import Limits
from resilience.testing.clock import FakeClock
from resilience.testing.transport import ScriptedTransport
from resilience.testing.transport import Turn as Played

_GAUGES = (
    "resilience_operations_in_progress",
    "resilience_retry_budget_tokens",
    "resilience_circuit_breaker_state",
    "resilience_circuit_breaker_state_seconds",
    "resilience_circuit_breaker_calls",
)


class World:
    """Plays a plan; `step` says what was seen of each of its steps."""

    def __init__(self, plan: Plan, capture: Capture) -> None:
        options = plan.options
        self._options = options
        self._capture = capture
        self.clock = FakeClock(monotonic_s=START_S)
        self._limits = Limits(
            options.limits, now=self.clock.monotonic, epoch=lambda: self.clock.utc_now().timestamp()
        )
        self._steps: dict[str, Step] = {}
        self._calls: list[Call] = []
        self._seen: list[Call] = []
        self._stored: set[str] = set()
        self._decisions: list[dict[str, Any]] = []
        self.session = ProtectedSession(
            client_options(options),
            clock=self.clock,
            emit=capture.emit,
            observe=capture.observe,
            random=self._random,
            transport=ScriptedTransport(then=self._answer, clock=self.clock),
        )

    def step(self, number: str, step: Step) -> dict[str, Any]:
        """Everything that this step left behind."""
        self._seen, self._decisions = [], []
        self._run(number, step)
        gauges: dict[str, dict[str, float]] = {gauge: {} for gauge in _GAUGES}
        for reading in self.session.readings():
            gauges.get(reading.gauge.name, {})[reading.values[-1]] = reading.value
        under_way, tokens, state, seconds, calls = gauges.values()
        return {
            "now": self.clock.monotonic(),
            "operations": self._operations(),
            "decisions": self._decisions,
            "tokens": tokens[TARGET],
            "state": " and ".join(name for name, holds in state.items() if holds),
            "seconds": seconds,
            "calls": calls,
            "under way": {name: count for name, count in under_way.items() if count},
        }

    def _run(self, number: str, step: Step) -> None:
        self.clock.advance(step.gap_s)
        if step.by_hand:
            getattr(self.session.breaker, step.by_hand)()
        if step.stopping:
            self.clock.interrupt()
        call = Call(number, step)
        self._calls.append(call)
        call.result = call.make(self.session)
        self._calls.pop()
        self._seen.append(call)

    def _operations(self) -> dict[str, dict[str, Any]]:
        """What was seen of each call, with the trace that has its request id in its lines."""
        calls = {f"sim-{call.number}": call for call in self._seen}
        silent: dict[str, Any] = {"spans": [], "lines": []}
        found = {f"operation {call.number}": call.told(silent) for call in self._seen}
        for trace_id, trace in self._capture.told().items():
            ids = {line.get("request_id", "") for line in trace["lines"]}
            call = calls.pop(min(ids), None) if len(ids) == 1 else None
            if call is not None:
                found[f"operation {call.number}"].update(trace)
            else:
                found["by hand" if ids == {""} else f"stray trace {trace_id}"] = trace
        return found

    def _random(self) -> float:
        call = self._calls[-1]
        drawn = call.step.random
        return drawn[(len(call.sends) - 1) % len(drawn)] / RANDOMS

    def _answer(self, request: PreparedRequest) -> Played:
        """The turn of the operation in hand, played by a service with limits and a memory."""
        call = self._calls[-1]
        turn = call.receive(request, self.clock.monotonic())
        if turn.meanwhile is not None:
            call.sends[-1]["under way"] = _under_way(self.session)
            Context().run(self._run, f"{call.number}-{len(call.sends)}", turn.meanwhile)
        turn = self._limited(turn, call)
        if turn.took_effect or (turn.kind == "answer" and turn.status < 400):
            self._take_effect(turn, call, request)
        return played(turn, self.clock.utc_now())

    def _limited(self, turn: Turn, call: "Call") -> Turn:
        if turn.kind in UNSENT or not self._options.limits:
            return turn
        decision = self._limits.check(call.step.client)
        headers = dict(decision.headers)
        self._decisions.append(
            {
                "result": decision.result.value,
                "policy": decision.policy,
                "remaining": decision.remaining,
                "until_s": int(headers[b"ratelimit"].rpartition(b"t=")[2]),
                "retry_after_s": decision.retry_after_s,
                "near": [(near.policy, near.remaining) for near in decision.near],
            }
        )
        if not decision.rejected:
            return turn
        return Turn("answer", 429, 0.0, ("seconds", str(decision.retry_after_s)))

    def _take_effect(self, turn: Turn, call: "Call", request: PreparedRequest) -> None:
        """Carry the request out, unless one with its key was."""
        key = request.headers.get("Idempotency-Key")
        if request.method == "GET" or turn.kind in UNSENT or (key and key in self._stored):
            return
        self._stored.add(key or "")
        call.effects += 1


def _under_way(session: ProtectedSession) -> dict[str, float]:
    readings = (r for r in session.readings() if r.gauge.name == _GAUGES[0])
    return {r.values[-1]: r.value for r in readings if r.value}
