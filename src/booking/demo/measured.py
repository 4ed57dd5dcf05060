"""What a scene did, by the records, and whether the records agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from booking.demo.numbers import Change
from booking.demo.scene import Fact, Scene
from booking.traffic.tally import Tally
from wire import Entry

_ATTEMPTS = "resilience_attempts_total"
_NEVER_SENT = ("connection", "timeout_connect")
_WISHED = ("ok", "409", "429")


@dataclass(frozen=True, slots=True)
class Balance:
    """Two counts of one thing, by independent records."""

    name: str
    one: int
    other_name: str
    other: int

    @property
    def even(self) -> bool:
        """Whether both say the same."""
        return self.one == self.other

    def __str__(self) -> str:
        """Such as "3 requests on the wire = 3 attempts"."""
        relation = "=" if self.even else "but"
        return f"{self.one} {self.name} {relation} {self.other} {self.other_name}"


@dataclass(frozen=True, slots=True)
class Measured:
    """The records of one scene: counters of both services, the wire's ledger, the visitors' own
    counts, and the states that the circuit went through by the agent's log.
    """

    agent: Change
    api: Change
    ledger: Sequence[Entry]
    visitors: Tally
    greedy: Tally
    path: tuple[str, ...]

    @property
    def facts(self) -> Mapping[Fact, int]:
        """How often each thing happened, by the counters."""
        outcomes = self.visitors.outcomes()
        return {
            Fact.BOOKED: self.api.sum("booking_appointments_total", result="created"),
            Fact.SENT: len(self.ledger),
            Fact.RETRIES: self.agent.sum("resilience_retries_total"),
            Fact.ERRORS: self.agent.sum(_ATTEMPTS, error_type="503"),
            Fact.TIMEOUTS: self.agent.sum("resilience_timeouts_total"),
            Fact.REFUSED: self.agent.sum("resilience_circuit_breaker_rejections_total"),
            Fact.LIMITED: self.greedy.outcomes().get("429", 0),
            Fact.DISTURBED: outcomes.get("429", 0),
            Fact.FAILED: sum(n for name, n in outcomes.items() if name not in _WISHED),
            Fact.DROPPED: self._both("telemetry_dropped_total", signal="span"),
        }

    @property
    def balances(self) -> Sequence[Balance]:
        """Each law that two witnesses of a scene can be held to."""
        posted = (entry for entry in self.ledger if entry.operation == "create_appointment")
        appointments = "booking_appointments_total"
        return (
            Balance("requests on the wire", len(self.ledger), "attempts", self._sent()),
            Balance(
                "503s on the wire",
                sum(entry.status == 503 for entry in self.ledger),
                "failed attempts",
                self.agent.sum(_ATTEMPTS, error_type="503"),
            ),
            Balance(
                "left early",
                sum(entry.client_closed_early for entry in self.ledger),
                "timeouts",
                self.agent.sum("resilience_timeouts_total"),
            ),
            Balance(
                "201s on the wire",
                sum(entry.upstream_status == 201 for entry in posted),
                "bookings and replays",
                sum(self.api.sum(appointments, result=r) for r in ("created", "replayed")),
            ),
            Balance(
                "429s received",
                sum(tally.outcomes().get("429", 0) for tally in (self.visitors, self.greedy)),
                "rejections",
                self._both("rate_limiting_requests_total", result="rejected"),
            ),
            Balance(
                "spans made",
                self._both("telemetry_made_total", signal="span"),
                "delivered or dropped",
                self._both("telemetry_delivered_total", signal="span")
                + self._both("telemetry_dropped_total", signal="span"),
            ),
        )

    def missing(self, scene: Scene) -> Sequence[str]:
        """What should have happened and did not, or happened and should not have."""
        facts = self.facts
        wrong = [
            f"{fact}: {facts[fact]} (expected at least {least})"
            for fact, least in scene.expects.items()
            if facts[fact] < least
        ]
        wrong += [
            f"{fact}: {facts[fact]} (expected none)"
            for fact in Fact
            if fact in scene.never and facts[fact]
        ]
        if scene.path and self.path != scene.path:
            wrong.append(f"the circuit went {_path(self.path)} (expected {_path(scene.path)})")
        return wrong

    def _sent(self) -> int:
        """Attempts that reached the wire: a refused connection has no line in the ledger."""
        unsent = sum(self.agent.sum(_ATTEMPTS, error_type=kind) for kind in _NEVER_SENT)
        return self.agent.sum(_ATTEMPTS) - unsent

    def _both(self, name: str, **labels: str) -> int:
        return self.agent.sum(name, **labels) + self.api.sum(name, **labels)


def sentence(measured: Measured) -> str:
    """The facts in a line, without those that did not happen and could not be expected to."""
    facts = measured.facts
    told = [fact for fact in Fact if facts[fact]]
    told += [Fact.DISTURBED] if facts[Fact.LIMITED] and not facts[Fact.DISTURBED] else []
    path = [f"circuit {_path(measured.path)}"] if len(measured.path) > 1 else []
    return ", ".join([*(f"{fact}: {facts[fact]}" for fact in told), *path])


def _path(states: Sequence[str]) -> str:
    return " > ".join(states) or "nowhere"
