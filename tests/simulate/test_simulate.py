"""The library in virtual time does, and tells, what the reference model says."""

from tests.simulate.batch import Tally, run
from tests.simulate.capture import capturing

PLANS = 1000
STOPS = {
    "none",
    "not_retryable",
    "not_idempotent",
    "attempts_exhausted",
    "deadline",
    "circuit_open",
    "retry_budget",
    "retry_after_too_long",
    "cancelled",
}


def test_a_thousand_plans_agree_with_the_model() -> None:
    """Sends, waits, errors, states, tokens, decisions, spans, lines and metrics, step by step."""
    total = Tally()
    with capturing() as capture:
        for tally in run(range(1, PLANS + 1), capture):
            assert not tally.failures, f"make simulate SEED={tally.failures[0].seed} PLANS=1"
            total.plans += tally.plans
            total.met.update(tally.met)

    assert total.plans == PLANS
    assert {name.partition(": ")[2] for name in total.met if name.startswith("stop")} == STOPS
