"""The retry budget."""

import threading

from resilience.budget import RetryBudget
from resilience.gauges import RETRY_BUDGET_LIMIT, RETRY_BUDGET_TOKENS, Reading
from resilience.options import BudgetOptions


def test_half_of_the_tokens_are_a_reserve() -> None:
    """Retries stop when no more than half of the tokens are left."""
    budget = RetryBudget(BudgetOptions(max_tokens=4))
    allowed = []
    for _ in range(3):
        budget.failure()
        allowed.append(budget.allows())
    assert allowed == [True, False, False]


def test_successes_give_tokens_back_slowly() -> None:
    """Each success gives back its share, never beyond the full budget."""
    budget = RetryBudget(BudgetOptions(max_tokens=4, token_ratio=0.5))
    for _ in range(2):
        budget.failure()
    budget.success()
    assert (budget.tokens, budget.allows()) == (2.5, True)
    for _ in range(9):
        budget.success()
    assert budget.tokens == 4.0


def test_tokens_never_fall_below_none() -> None:
    """A long outage leaves no debt."""
    budget = RetryBudget(BudgetOptions(max_tokens=2))
    for _ in range(5):
        budget.failure()
    assert budget.tokens == 0.0


def test_tokens_are_exact_under_threads() -> None:
    """No failure is lost when many threads fail together."""
    budget = RetryBudget(BudgetOptions(max_tokens=1000))

    def fail() -> None:
        for _ in range(50):
            budget.failure()

    threads = [threading.Thread(target=fail) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.tokens == 600.0


def test_readings() -> None:
    """Both gauges carry the target."""
    budget = RetryBudget(target="booking")
    budget.failure()
    assert list(budget.readings()) == [
        Reading(RETRY_BUDGET_TOKENS, ("booking",), 99.0),
        Reading(RETRY_BUDGET_LIMIT, ("booking",), 100.0),
    ]


def test_a_budget_has_a_target_from_the_start() -> None:
    """Its gauges can be told from those of another."""
    assert [reading.values for reading in RetryBudget().readings()] == [("default",)] * 2
