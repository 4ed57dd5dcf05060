"""An independent model of the circuit breaker, in its plainest words, to compare with."""

from dataclasses import dataclass, field


@dataclass
class Model:
    """One-probe breaker by consecutive failures; calls are known by the number of their start."""

    threshold: int
    rest: float
    expires: float
    state: str = "closed"
    failures: int = 0
    opened_at: float = 0.0
    era: int = 0
    probe: int | None = None
    probe_since: float = 0.0
    eras: dict[int, int] = field(default_factory=dict)

    def start(self, call: int, now: float) -> bool:
        """Whether the call is let through."""
        if self.state == "open" and now >= self.opened_at + self.rest:
            self._enter("half_open")
        if self.state == "half_open":
            if self.probe is not None and now < self.probe_since + self.expires:
                return False
            self.probe, self.probe_since = call, now
        elif self.state == "open":
            return False
        self.eras[call] = self.era
        return True

    def end(self, call: int, how: str, now: float) -> None:
        """The call came back: success, failure, or nothing that counts (ignore)."""
        if self.eras.pop(call) != self.era:
            return
        if self.state == "half_open":
            self._end_probe(call, how, now)
        elif how == "success":
            self.failures = 0
        elif how == "failure":
            self.failures += 1
            if self.failures >= self.threshold:
                self._open(now)

    def _end_probe(self, call: int, how: str, now: float) -> None:
        if call != self.probe:
            return
        self.probe = None
        if how == "success":
            self._enter("closed")
        elif how == "failure":
            self._open(now)

    def _open(self, now: float) -> None:
        self._enter("open")
        self.opened_at = now

    def _enter(self, state: str) -> None:
        self.state, self.failures, self.probe = state, 0, None
        self.era += 1
