"""What all operations of a session share, and the clock."""

from collections import Counter
from datetime import timedelta
from typing import Any

from tests.simulate.model.breaker import Breaker
from tests.simulate.model.limiter import Limiter
from tests.simulate.model.telling import TARGET, Counted, Trace
from tests.simulate.plan import Plan

START_S = 1000.0
_MICROSECOND = timedelta(microseconds=1)


class Shared:
    """Clocks, breaker, budget, the service's limits and memory, and all that was told."""

    def __init__(self, plan: Plan, counted: Counted) -> None:
        options = plan.options
        self.options = options
        self.now = START_S
        self.wall_us = 0
        self.stopping = False
        self.tokens = options.max_tokens
        self.breaker = Breaker(
            options.failure_threshold,
            options.open_for_s,
            options.probe_expires_s,
            options.probes,
            options.window,
            entered=START_S,
        )
        self.limiter = Limiter(options.limits)
        self.under_way: Counter[str] = Counter()
        self.counted = counted
        self.decisions: list[dict[str, Any]] = []
        self.stored: set[str] = set()
        self.seen: dict[str, dict[str, Any]] = {}

    def pass_time(self, seconds: float) -> None:
        """Let both clocks go on; the wall clock counts whole microseconds."""
        self.now += seconds
        if seconds:
            self.wall_us += timedelta(seconds=seconds) // _MICROSECOND

    def settle_budget(self, judged: str, error: str) -> None:
        """A failure, or a 429, takes a token; a success gives back a part of one."""
        if judged == "success":
            self.tokens = min(self.options.max_tokens, self.tokens + self.options.token_ratio)
        elif judged == "failure" or error == "429":
            self.tokens = max(0.0, self.tokens - 1)

    def budget_allows(self) -> bool:
        """Whether more than half of the tokens are left."""
        return self.tokens > self.options.max_tokens / 2

    def tell_breaker(self, trace: Trace) -> None:
        """Put what the breaker told into the trace in which it happened."""
        for what, *rest in self.breaker.told:
            if what == "reject":
                trace.tell("circuit_breaker.reject", target=TARGET, retry_after_s=rest[0])
            else:
                fields = dict(zip(("from_state", "to_state", "reason"), rest, strict=True))
                trace.tell("circuit_breaker.transition", target=TARGET, **fields)
        self.breaker.told.clear()
