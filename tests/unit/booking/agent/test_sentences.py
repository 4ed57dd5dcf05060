"""Tests of `booking.agent.sentences`."""

import pytest

from booking.agent.errors import AgentError, NotFree, Refused
from booking.agent.sentences import Told, tell
from resilience import errors
from resilience.errors import ResilienceError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotFree("Taken.", []), Told(409, "slot-taken", "Taken.")),
        (Refused(422, "Bad date."), Told(422, "refused", "Bad date.")),
        (
            errors.CircuitBreakerOpen("api", 41.2),
            Told(503, "circuit-open", "The booking service is resting, try again in 42 s.", 42),
        ),
        (
            errors.RateLimited("429", retry_after_s=6.5),
            Told(429, "rate-limited", "Too many requests: try again in 7 s.", 7),
        ),
        (
            errors.DeadlineExceeded("late", deadline_s=67),
            Told(
                504,
                "deadline",
                "The booking service did not answer within 67 s. "
                "Nothing was changed; try again later.",
            ),
        ),
        (
            errors.RetriesExhausted("failed"),
            Told(
                502,
                "unavailable",
                "The booking service failed 0 times in a row. "
                "Nothing was changed; try again later.",
            ),
        ),
        (
            errors.OutcomeUnknown("?"),
            Told(
                502,
                "outcome-unknown",
                "The booking service did not say whether the request took effect. Repeat it with"
                " the same Idempotency-Key: it takes effect at most once.",
            ),
        ),
    ],
)
def test_each_failure_has_words(error: AgentError | ResilienceError, told: Told) -> None:
    """Each failure becomes a status, a kind and a sentence that says what to do."""
    assert tell(error) == told


def test_no_failure_is_without_words() -> None:
    """Every error of the library's tree has a sentence, also one that is added later."""
    assert tell(ResilienceError("new")) == Told(
        502, "unavailable", "The booking service cannot be reached: new."
    )
