"""How long the waits of the plan take in this run: really, or a tenth of it."""

from collections.abc import Mapping
from dataclasses import dataclass

LIMITS = ((10, 60), (100, 3600))
"""How many requests of one client in how many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """`divisor`: by how much every wait of the plan is shortened; 1 in the full run."""

    name: str
    divisor: float

    def __str__(self) -> str:
        """As it is printed and written into the run."""
        return f"{self.name}: times / {self.divisor:g}"

    @property
    def attempt_s(self) -> float:
        """One attempt on the clock: 15 s of the plan."""
        return 15 / self.divisor

    @property
    def backoff_s(self) -> float:
        """The first wait: 1 s of the plan."""
        return 1 / self.divisor

    @property
    def open_s(self) -> float:
        """How long the circuit stays open: 60 s of the plan."""
        return 60 / self.divisor

    @property
    def operation_s(self) -> float:
        """A whole operation: 67 s of the plan."""
        return 67 / self.divisor

    @property
    def windows(self) -> tuple[tuple[int, float], ...]:
        """The limits: how many requests in how many seconds."""
        return tuple((count, within_s / self.divisor) for count, within_s in LIMITS)

    @property
    def limits(self) -> str:
        """The limits as the setting writes them."""
        return ";".join(f"{count} per {within:g} second" for count, within in self.windows)

    def settings(self) -> Mapping[str, object]:
        """The settings of both services that have to do with time."""
        return {
            "ATTEMPT_TIMEOUT_S": self.attempt_s,
            "BACKOFF_S": self.backoff_s,
            "BREAKER_OPEN_S": self.open_s,
            "OPERATION_TIMEOUT_S": self.operation_s,
            "LIMITS": self.limits,
        }


SHORT = Scale(name="short", divisor=10)
FULL = Scale(name="full", divisor=1)
SCALES = {scale.name: scale for scale in (SHORT, FULL)}
