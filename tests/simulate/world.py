"""The real thing in virtual time: a protected session, the edge's limits, a scripted service."""

from contextvars import Context
from typing import Any

from requests import PreparedRequest
from tests.simulate.caller import Call, client_options, untie
from tests.simulate.capture import Capture
from tests.simulate.model.shared import START_S
from tests.simulate.plan import RANDOMS, Plan, Step, Turn
from tests.simulate.service import UNSENT, played

from resilience import ProtectedSession
from resilience.edge.limits import Limits
from resilience.gauges import (
    BREAKER_CALLS,
    BREAKER_STATE,
    BREAKER_STATE_SECONDS,
    RETRY_BUDGET_TOKENS,
    Gauge,
)
from resilience.testing.clock import FakeClock
from resilience.testing.transport import Fails, ScriptedTransport
from resilience.testing.transport import Turn as Played


class World:
    """Plays a plan; `step` says what was seen of each of its steps."""

    def __init__(self, plan: Plan, capture: Capture) -> None:
        options = plan.options
        self._options = options
        self._capture = capture
        self.clock = FakeClock(monotonic_s=START_S)
        self._limits = self._new_limits(options.limits) if options.limits else None
        self._steps: dict[str, Step] = {}
        self._calls: list[Call] = []
        self._seen: list[Call] = []
        self._stored: set[str] = set()
        self._decisions: list[dict[str, Any]] = []
        self._played: list[Played] = []
        self._transport = ScriptedTransport(then=self._answer, clock=self.clock)
        self.session = ProtectedSession(
            client_options(options),
            clock=self.clock,
            emit=capture.emit,
            observe=capture.observe,
            random=self._random,
            transport=self._transport,
        )

    def step(self, number: str, step: Step, *, summed: bool = True) -> dict[str, Any]:
        """Everything that this step left behind; `summed`: with what the breaker adds up."""
        self._seen, self._decisions = [], []
        self._run(number, step)
        under_way, tokens = _levels(self.session)
        seen = {
            "now": self.clock.monotonic(),
            "operations": self._operations(),
            "decisions": self._decisions,
            "tokens": tokens,
            "state": self.session.breaker.state.value,
            "under way": under_way,
        }
        if summed:
            seen |= _sums(self.session)
        self._let_go()
        return seen

    def _let_go(self) -> None:
        """Free what the step left, without the garbage collector: errors hold their frames."""
        for turn in self._played:
            if isinstance(turn, Fails):
                untie(turn.error)
        self._transport.sent.clear()
        self._played.clear()

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
        found: dict[str, dict[str, Any]] = {}
        for trace_id, trace in self._capture.told().items():
            ids = {line.get("request_id", "") for line in trace["lines"]}
            call = calls.pop(next(iter(ids)), None) if len(ids) == 1 else None
            if call is not None:
                found[f"operation {call.number}"] = call.told(trace)
            else:
                found["by hand" if ids == {""} else f"stray trace {trace_id}"] = trace
        for call in calls.values():
            found[f"operation {call.number}"] = call.told({"spans": [], "lasted": [], "lines": []})
        return found

    def _new_limits(self, spec: str) -> Limits:
        clock = self.clock
        return Limits(spec, now=clock.monotonic, epoch=lambda: clock.utc_now().timestamp())

    def _random(self) -> float:
        call = self._calls[-1]
        drawn = call.step.random
        return drawn[(len(call.sends) - 1) % len(drawn)] / RANDOMS

    def _answer(self, request: PreparedRequest) -> Played:
        """The turn of the operation in hand, played by a service with limits and a memory."""
        call = self._calls[-1]
        turn = call.receive(request, self.clock.monotonic())
        if turn.meanwhile is not None:
            call.sends[-1]["under way"] = _levels(self.session)[0]
            Context().run(self._run, f"{call.number}-{len(call.sends)}", turn.meanwhile)
        turn = self._limited(turn, call)
        if turn.took_effect or (turn.kind == "answer" and turn.status < 400):
            self._take_effect(turn, call, request)
        answer = played(turn, self.clock.utc_now())
        self._played.append(answer)
        return answer

    def _limited(self, turn: Turn, call: "Call") -> Turn:
        if self._limits is None or turn.kind in UNSENT:
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


def _levels(session: ProtectedSession) -> tuple[dict[str, float], float]:
    """The operations under way and the tokens left, which come before the breaker's readings."""
    under_way: dict[str, float] = {}
    for reading in session.readings():
        if reading.gauge is RETRY_BUDGET_TOKENS:
            return under_way, reading.value
        if reading.value:
            under_way[reading.values[-1]] = reading.value
    raise AssertionError("no reading of the budget")


def _sums(session: ProtectedSession) -> dict[str, Any]:
    """The breaker's readings: the states that hold, seconds in each, and calls as judged."""
    found: dict[Gauge, dict[str, float]] = {}
    for reading in session.breaker.readings():
        found.setdefault(reading.gauge, {})[str(reading.values[-1])] = reading.value
    return {
        "states": [name for name, holds in found[BREAKER_STATE].items() if holds],
        "seconds": found[BREAKER_STATE_SECONDS],
        "calls": found[BREAKER_CALLS],
    }
