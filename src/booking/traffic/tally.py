"""What came back: counts and times, and never a word of what anybody said."""

import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence

NO_ANSWER = "no answer"
_REMEMBERED = 10_000


class Tally:
    """Counts answers by step and outcome; the times of the last 10,000 answers. Thread-safe."""

    def __init__(self) -> None:
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._times_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._journeys: Counter[bool] = Counter()
        self._lock = threading.Lock()

    def enter(self, step: str, status: int | None, took_s: float) -> None:
        """One answer; None when there was none."""
        with self._lock:
            self._outcomes[step, _outcome(status)] += 1
            self._times_s.append(took_s)

    def enter_journey(self, complete: bool) -> None:
        """One journey, come to its end or not."""
        with self._lock:
            self._journeys[complete] += 1

    @property
    def journeys(self) -> tuple[int, int]:
        """Journeys, and those of them that came to their end."""
        with self._lock:
            return self._journeys.total(), self._journeys[True]

    def outcomes(self) -> Mapping[str, int]:
        """How often each outcome came: "ok", a status from 400 on, or "no answer"."""
        with self._lock:
            found: Counter[str] = Counter()
            for (_, outcome), count in self._outcomes.items():
                found[outcome] += count
            return dict(sorted(found.items()))

    def steps(self) -> Mapping[str, int]:
        """How often each step was answered well."""
        with self._lock:
            return {step: n for (step, outcome), n in self._outcomes.items() if outcome == "ok"}

    @property
    def requests(self) -> int:
        """How many requests were sent and came to an end."""
        with self._lock:
            return self._outcomes.total()

    def quantiles_s(self, shares: Sequence[float]) -> Sequence[float]:
        """The times within which these shares of the last answers came; 0 without any."""
        with self._lock:
            times_s = sorted(self._times_s) or [0.0]
        return [times_s[min(len(times_s) - 1, int(share * len(times_s)))] for share in shares]


def _outcome(status: int | None) -> str:
    if status is None:
        return NO_ANSWER
    return "ok" if status < 400 else str(status)
