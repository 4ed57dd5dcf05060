"""What the breaker remembers of recent calls, and its verdict on them."""

from collections import deque
from typing import Protocol

from resilience.options import BreakerOptions, WindowOptions
from resilience.vocabulary import TransitionReason

Verdict = TransitionReason | None
"""Why the circuit should open; None while it should not."""


class Tally(Protocol):
    """The breaker's memory; only ever used under its lock."""

    def record(self, failed: bool, slow: bool, now_s: float) -> Verdict:
        """Remember a call and judge."""

    def progress(self) -> float:
        """How near the circuit is to opening: 0.0 not at all, 1.0 it opens."""

    def clear(self) -> None:
        """Forget everything."""


class Streak:
    """Opens after `threshold` failures without a success between them."""

    def __init__(self, threshold: int) -> None:
        self._threshold = threshold
        self._failures = 0

    def record(self, failed: bool, slow: bool, now_s: float) -> Verdict:
        """Count the failure, or begin again."""
        del slow, now_s
        self._failures = self._failures + 1 if failed else 0
        return TransitionReason.CONSECUTIVE_FAILURES if self._is_long() else None

    def _is_long(self) -> bool:
        return self._failures >= self._threshold

    def progress(self) -> float:
        """Failures in a row, as a share of those that open the circuit."""
        return self._failures / self._threshold

    def clear(self) -> None:
        """Begin again."""
        self._failures = 0


class _Rates:
    """Sums of a window, and the verdict on their shares."""

    def __init__(self, options: WindowOptions) -> None:
        self._options = options
        self.clear()

    def clear(self) -> None:
        self.calls = self.failed = self.slow = 0

    def add(self, calls: int, failed: int, slow: int) -> None:
        self.calls += calls
        self.failed += failed
        self.slow += slow

    def verdict(self) -> Verdict:
        options = self._options
        if self.calls < options.minimum_calls:
            return None
        if self.failed >= options.failure_rate * self.calls:
            return TransitionReason.FAILURE_RATE
        if options.slow_call_rate < 1 and self.slow >= options.slow_call_rate * self.calls:
            return TransitionReason.SLOW_CALL_RATE
        return None

    def progress(self) -> float:
        """The lesser of two shares: of the calls needed for a verdict, of the rate that opens."""
        if not self.calls:
            return 0.0
        options = self._options
        failed = self.failed / (options.failure_rate * self.calls)
        judges_slow = options.slow_call_rate < 1
        slow = self.slow / (options.slow_call_rate * self.calls) if judges_slow else 0.0
        return min(1.0, self.calls / options.minimum_calls, max(failed, slow))


class CallWindow:
    """The last `size` calls."""

    def __init__(self, options: WindowOptions) -> None:
        self._rates = _Rates(options)
        self._size = options.size
        self._calls: deque[tuple[bool, bool]] = deque()

    def record(self, failed: bool, slow: bool, now_s: float) -> Verdict:
        """Add the call and drop the one that it pushes out."""
        del now_s
        if len(self._calls) == self._size:
            old_failed, old_slow = self._calls.popleft()
            self._rates.add(-1, -old_failed, -old_slow)
        self._calls.append((failed, slow))
        self._rates.add(1, failed, slow)
        return self._rates.verdict()

    def progress(self) -> float:
        """As of the last call."""
        return self._rates.progress()

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()
        self._rates.clear()


class TimeWindow:
    """The calls of the last `size` seconds, summed by the second."""

    def __init__(self, options: WindowOptions) -> None:
        self._rates = _Rates(options)
        self._size_s = options.size
        self._seconds: deque[tuple[int, list[int]]] = deque()

    def record(self, failed: bool, slow: bool, now_s: float) -> Verdict:
        """Add the call to its second and drop the seconds that are over."""
        second = int(now_s)
        while self._seconds and self._seconds[0][0] <= second - self._size_s:
            calls, old_failed, old_slow = self._seconds.popleft()[1]
            self._rates.add(-calls, -old_failed, -old_slow)
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, [0, 0, 0]))
        sums = self._seconds[-1][1]
        sums[:] = sums[0] + 1, sums[1] + failed, sums[2] + slow
        self._rates.add(1, failed, slow)
        return self._rates.verdict()

    def progress(self) -> float:
        """As of the last call."""
        return self._rates.progress()

    def clear(self) -> None:
        """Forget all calls."""
        self._seconds.clear()
        self._rates.clear()


def tally_of(options: BreakerOptions) -> Tally:
    """The memory that the options ask for."""
    if options.window is None:
        return Streak(options.failure_threshold)
    return (CallWindow if options.window.counts == "calls" else TimeWindow)(options.window)
