"""The retry budget: an outage must not multiply the load."""

import threading
from collections.abc import Iterable

from resilience.gauges import RETRY_BUDGET_LIMIT, RETRY_BUDGET_TOKENS, Reading
from resilience.options import BudgetOptions


class RetryBudget:
    """Tokens that failures take and successes slowly give back; safe from any thread."""

    def __init__(self, options: BudgetOptions | None = None, *, target: str = "default") -> None:
        self._options = options or BudgetOptions()
        self._target = target
        self._lock = threading.Lock()
        self._tokens = self._options.max_tokens

    @property
    def tokens(self) -> float:
        """Tokens left."""
        return self._tokens

    def allows(self) -> bool:
        """Whether a retry may be made: more than half of the tokens are left."""
        return self._tokens > self._options.max_tokens / 2

    def failure(self) -> None:
        """An attempt failed in a way that calls for a retry: take one token."""
        with self._lock:
            self._tokens = max(0.0, self._tokens - 1.0)

    def success(self) -> None:
        """An attempt was answered: give back `token_ratio` tokens."""
        # A full budget has nothing to gain, so the common case takes no lock.
        if self._tokens < self._options.max_tokens:
            with self._lock:
                self._tokens = min(
                    self._options.max_tokens, self._tokens + self._options.token_ratio
                )

    def readings(self) -> Iterable[Reading]:
        """The tokens left, and those of a full budget."""
        target = (self._target,)
        return (
            Reading(RETRY_BUDGET_TOKENS, target, self._tokens),
            Reading(RETRY_BUDGET_LIMIT, target, self._options.max_tokens),
        )
