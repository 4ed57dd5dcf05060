"""One protected call: its attempts, its waits, and when it stops."""

from collections.abc import Callable
from typing import Any

from tests.simulate.model.attempt import UNSENT, duration, judge
from tests.simulate.model.breaker import Ticket
from tests.simulate.model.ending import result_of
from tests.simulate.model.shared import Shared
from tests.simulate.model.story import Story
from tests.simulate.plan import OPERATIONS, RANDOMS, Step, Turn

_LEAST_S = 0.01
"""An attempt with less time than this is not begun."""
_PATHS = {name: template.replace("{id}", "7") for name, (_, template) in OPERATIONS.items()}


class Operation(Story):
    """One call; `meanwhile` makes those that happen during its attempts."""

    def __init__(
        self, world: Shared, number: str, step: Step, meanwhile: Callable[[str, Step], None]
    ) -> None:
        super().__init__(world, number, step)
        self._meanwhile = meanwhile
        self.sends: list[dict[str, Any]] = []
        self.effects = 0
        self._written_us = 0

    def run(self) -> None:
        """Make the call, and write down all that it leaves behind."""
        self.world.under_way[self.name] += 1
        stop = self._course()
        self.tell_end(stop)
        self.world.under_way[self.name] -= 1
        self.world.seen[f"operation {self.number}"] = {
            "result": result_of(self, stop),
            "sends": self.sends,
            "effects": self.effects,
            **self.trace.told(),
        }

    def _left_s(self) -> float:
        return self.started_s + self.deadline_s - self.world.now

    def _course(self) -> str:
        """Attempt after attempt, until there is a reason to stop."""
        wait: tuple[float, str] | None = None
        while True:
            if self._left_s() < _LEAST_S:
                return "deadline"
            ticket = self.world.breaker.start(self.world.now)
            self.world.tell_breaker(self.trace)
            if not isinstance(ticket, Ticket):
                self.rest_s = ticket
                return "circuit_open"
            if wait is not None:
                self.tell_retry(*wait)
            self._attempt(ticket)
            if not self.last.again:
                return self.last.stop
            wait = self._wait()
            if stop := self._reason_to_stop(*wait):
                return stop
            if self.world.stopping:
                return "cancelled"
            self.waited_s += wait[0]
            self.world.pass_time(wait[0])

    def _wait(self) -> tuple[float, str]:
        options = self.world.options
        share = options.jitter * self._random()
        backoff = min(options.backoff_s * 2 ** (len(self.attempts) - 1), options.max_wait_s)
        backoff *= 1 - options.jitter + 2 * share
        backoff = min(backoff, options.max_wait_s)
        asked = self.asked_s
        if asked is None or asked <= backoff:
            return backoff, "backoff"
        if asked <= options.max_retry_after_s:
            asked = min(asked * (1 + share), options.max_retry_after_s)
        return asked, "retry_after"

    def _random(self) -> float:
        drawn = self.step.random
        return drawn[(len(self.attempts) - 1) % len(drawn)] / RANDOMS

    def _reason_to_stop(self, delay_s: float, source: str) -> str:
        world = self.world
        if len(self.attempts) > world.options.max_retries:
            return "attempts_exhausted"
        if world.breaker.refuses_for(world.now) > 0:
            self.rest_s = world.breaker.refuses_for(world.now)
            return "circuit_open"
        if not world.budget_allows():
            return "retry_budget"
        if source == "retry_after" and delay_s > world.options.max_retry_after_s:
            return "retry_after_too_long"
        if self._left_s() - delay_s < _LEAST_S:
            return "retry_after_too_long" if source == "retry_after" else "deadline"
        return ""

    def _attempt(self, ticket: Ticket) -> None:
        world = self.world
        started_s = world.now
        limit_s = min(self._left_s(), world.options.attempt_s)
        in_a_hurry = self._left_s() < world.options.attempt_s
        turn = self._turn()
        self._note_send(limit_s)
        ref = self.trace.current = f"attempt {len(self.attempts) + 1}"
        if turn.meanwhile is not None:
            self.sends[-1]["under way"] = {k: v for k, v in world.under_way.items() if v}
            self._meanwhile(f"{self.number}-{len(self.attempts) + 1}", turn.meanwhile)
        turn = self._limited(turn)
        self._written_us = world.wall_us
        self._take_effect(turn, limit_s)
        world.pass_time(duration(turn, world.options, limit_s))
        took_s = world.now - started_s
        self.last = judge(turn, self.shape, world.options, limit_s, in_a_hurry)
        self._read_retry_after(turn)
        self.tell_attempt(turn, limit_s, took_s)
        self.trace.current = "operation"
        self.end_client_span(ref)
        self.attempts.append((len(self.attempts) + 1, self.last.error, self.last.status, took_s))
        self.unclear = self.unclear or self.last.unclear
        world.breaker.end(ticket, self.last.judged, took_s, world.now)
        world.tell_breaker(self.trace)
        world.settle_budget(self.last.judged, self.last.error)

    def _read_retry_after(self, turn: Turn) -> None:
        self.asked_s = None
        if (self.last.status or 0) < 400 or turn.retry_after is None:
            return
        self.asked_s = _seconds_of(turn.retry_after, self._written_us, self.world.wall_us)
        if self.asked_s is None:
            self.trace.tell("retry_after.rejected", **self.labels)

    def _turn(self) -> Turn:
        turns = self.step.turns
        number = len(self.attempts)
        return turns[number] if number < len(turns) else Turn()

    def _limited(self, turn: Turn) -> Turn:
        """What the service's own rate limits make of a request that reaches it."""
        if turn.kind in UNSENT:
            return turn
        decision = self.world.limiter.check(self.step.client, self.world.now)
        if decision is None:
            return turn
        self.world.decisions.append(decision)
        if decision["result"] != "rejected":
            return turn
        return Turn("answer", 429, 0.0, ("seconds", str(decision["retry_after_s"])))

    def _take_effect(self, turn: Turn, limit_s: float) -> None:
        """The service carries out what reaches it, once for each key."""
        succeeded = turn.kind == "answer" and turn.status < 400
        if self.shape.safe or turn.kind in UNSENT or not (succeeded or turn.took_effect):
            return
        key = f"{self.number} {self.key}"
        if self.key and key in self.world.stored:
            return
        self.world.stored.add(key)
        self.effects += 1

    def _note_send(self, limit_s: float) -> None:
        number = len(self.attempts) + 1
        self.sends.append(
            {
                "at_s": self.world.now,
                "method": self.method,
                "path": _PATHS[self.step.operation],
                "attempt": str(number) if number > 1 else None,
                "timeout_ms": str(int(limit_s * 1000)),
                "key": self.key or None,
                "request_id": f"sim-{self.number}",
            }
        )


def _seconds_of(header: tuple[str, str], written_us: int, read_us: int) -> float | None:
    """What a Retry-After header of this form means, by the wall clock where it is a date."""
    form, value = header
    if form == "hostile":
        return None
    if form == "two":
        return float(max(int(value), 1))
    if form == "date":  # so many whole seconds after the answer was written
        moment_us = (written_us // 1_000_000 + int(value)) * 1_000_000
        return max(0.0, (moment_us - read_us) / 1_000_000)
    return float(value)
