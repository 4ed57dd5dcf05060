"""The circuit breaker, in its plainest words."""

from dataclasses import dataclass, field

from tests.simulate.plan import Window

PASSING = ("closed", "disabled", "metrics_only")
STATES = ("closed", "open", "half_open", "forced_open", "disabled", "metrics_only")


@dataclass(eq=False)
class Ticket:
    """Leave to make one call, known by the era in which it was given."""

    era: int
    since: float
    is_probe: bool


@dataclass
class Breaker:
    """`told` collects what it tells: ("transition", from, to, reason) or ("reject", rest)."""

    threshold: int
    rest: float
    expires: float
    probes: int = 1
    window: Window | None = None
    state: str = "closed"
    era: int = 0
    entered: float = 0.0
    streak: int = 0
    history: list[tuple[float, bool, bool]] = field(default_factory=list)
    probing: list[Ticket] = field(default_factory=list)
    passed: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STATES, 0.0))
    calls: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("success", "failure", "ignored", "rejected"), 0)
    )
    told: list[tuple[str | float, ...]] = field(default_factory=list)

    def start(self, now: float) -> Ticket | float:
        """Leave to call, or the seconds of rest that a refused caller is told."""
        if self.state == "open" and now >= self.entered + self.rest:
            self._enter("half_open", "break_over", now)
        if self.state in PASSING:
            return Ticket(self.era, now, is_probe=False)
        if self.state == "half_open" and (ticket := self._probe(now)):
            return ticket
        rest = self._advice(now)
        self.calls["rejected"] += 1
        self.told.append(("reject", rest))
        return rest

    def end(self, ticket: Ticket, how: str, took: float, now: float) -> None:
        """The call came back: success, failure, or nothing that counts (ignored)."""
        current = ticket in self.probing if ticket.is_probe else ticket.era == self.era
        if ticket.is_probe and current:
            self.probing.remove(ticket)
        if not current or self.state == "disabled":
            how = "ignored"
        self.calls[how] += 1
        if how == "ignored" or self.state == "metrics_only":
            return
        if ticket.is_probe:
            self._end_probe(how, now)
        else:
            self._judge(how == "failure", took, now)

    def set(self, state: str, now: float) -> None:
        """Somebody sets the state by hand, which is told when it is another one."""
        quiet = state == self.state
        self._enter(state, "by_hand", now)
        if quiet:
            self.told.pop()

    def refuses_for(self, now: float) -> float:
        """Seconds for which every call is refused; 0 when the circuit is not open."""
        if self.state == "forced_open":
            return self.rest
        return max(0.0, self.entered + self.rest - now) if self.state == "open" else 0.0

    def seconds_until(self, now: float) -> dict[str, float]:
        """Seconds spent in each state."""
        return {**self.seconds, self.state: self.seconds[self.state] + now - self.entered}

    def _probe(self, now: float) -> Ticket | None:
        self.probing = [ticket for ticket in self.probing if now < ticket.since + self.expires]
        if len(self.probing) + self.passed >= self.probes:
            return None
        self.probing.append(Ticket(self.era, now, is_probe=True))
        return self.probing[-1]

    def _end_probe(self, how: str, now: float) -> None:
        if how == "failure":
            self._enter("open", "probe_failed", now)
            return
        self.passed += 1
        if self.passed == self.probes:
            self._enter("closed", "probe_succeeded", now)

    def _advice(self, now: float) -> float:
        if self.state == "open":
            return self.entered + self.rest - now
        if self.probing:
            return min(ticket.since for ticket in self.probing) + self.expires - now
        return self.rest

    def _judge(self, failed: bool, took: float, now: float) -> None:
        if self.window is None:
            self.streak = self.streak + 1 if failed else 0
            if self.streak == self.threshold:
                self._enter("open", "consecutive_failures", now)
            return
        self.history.append((now, failed, took >= self.window.slow_call_s))
        if reason := _verdict(self.window, self.history, now):
            self._enter("open", reason, now)

    def _enter(self, state: str, reason: str, now: float) -> None:
        self.told.append(("transition", self.state, state, reason))
        self.seconds[self.state] += now - self.entered
        self.state, self.entered, self.era = state, now, self.era + 1
        self.streak, self.passed = 0, 0
        self.history, self.probing = [], []


def _verdict(window: Window, history: list[tuple[float, bool, bool]], now: float) -> str:
    if window.counts == "calls":
        recent = history[-window.size :]
    else:  # whole seconds: the present one and those before it
        recent = [call for call in history if int(call[0]) > int(now) - window.size]
    if len(recent) < window.minimum_calls:
        return ""
    if sum(failed for _, failed, _ in recent) / len(recent) >= window.failure_rate:
        return "failure_rate"
    share = sum(slow for _, _, slow in recent) / len(recent)
    return "slow_call_rate" if share >= window.slow_call_rate < 1 else ""
