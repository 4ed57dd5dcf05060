"""When a protected call counts as failed, and which of its series are known."""

import pytest

from resilience.client_events import AttemptFinished, BreakerTransition, OperationFinished
from resilience.vocabulary import ErrorType, Outcome, StopReason

DOMAINS = {"target": ("api",), "server_address": ("127.0.0.1",)}


def operation(outcome: Outcome, error_type: ErrorType) -> OperationFinished:
    """An operation that ended like this."""
    return OperationFinished(
        target="api",
        operation="find",
        outcome=outcome,
        retried=True,
        stop_reason=StopReason.NONE,
        error_type=error_type,
        attempts=2,
        waited_s=1.0,
        deadline_s=67.0,
        duration_s=1.5,
    )


@pytest.mark.parametrize(
    ("outcome", "error_type", "failed"),
    [
        (Outcome.SUCCESS, ErrorType.NONE, ""),
        (Outcome.SUCCESS, ErrorType.NOT_FOUND, ""),
        (Outcome.ERROR, ErrorType.UNAVAILABLE, "503"),
        (Outcome.REJECTED, ErrorType.CIRCUIT_OPEN, "circuit_open"),
        (Outcome.ERROR, ErrorType.NONE, "other"),
    ],
)
def test_only_what_the_caller_saw_fail_is_failed(
    outcome: Outcome, error_type: ErrorType, failed: str
) -> None:
    """An operation that a retry rescued has no error; one without a type is other."""
    assert operation(outcome, error_type).failed == failed


def test_a_breaker_moves_in_six_ways_by_itself() -> None:
    """The transitions of the model, and no others, exist at 0 from the start."""
    known = BreakerTransition.known(BreakerTransition.metrics[0], DOMAINS)
    assert known is not None
    assert [*known] == [
        ("api", "closed", "open", "consecutive_failures"),
        ("api", "closed", "open", "failure_rate"),
        ("api", "closed", "open", "slow_call_rate"),
        ("api", "open", "half_open", "break_over"),
        ("api", "half_open", "closed", "probe_succeeded"),
        ("api", "half_open", "open", "probe_failed"),
    ]


def test_the_client_histogram_starts_with_the_successes() -> None:
    """A histogram's series is a score of lines, so failures come as they happen."""
    count, histogram = AttemptFinished.metrics
    assert AttemptFinished.known(count, DOMAINS) is None
    known = AttemptFinished.known(histogram, DOMAINS)
    assert known is not None
    assert [*known] == [
        ("GET", "127.0.0.1", "200", ""),
        ("POST", "127.0.0.1", "200", ""),
        ("POST", "127.0.0.1", "201", ""),
        ("PATCH", "127.0.0.1", "200", ""),
    ]
