"""One protected call: rate limits, an open circuit, an empty budget."""

import pytest
from requests.exceptions import ReadTimeout
from tests.client_rig import PATIENT, TOO_MANY, Rig

from resilience.errors import (
    CircuitBreakerOpen,
    OutcomeUnknown,
    RateLimited,
    RetriesExhausted,
)
from resilience.events import (
    BreakerRejected,
    BreakerTransition,
    ErrorType,
    Outcome,
    RateLimitReceived,
    RetryAfterRejected,
    RetryStarted,
    RetrySuppressed,
    StopReason,
)
from resilience.options import BreakerOptions, BudgetOptions
from resilience.testing.transport import Reply


@pytest.mark.fault(11)
def test_a_429_is_waited_for() -> None:
    """The wait is what the service asked for; each 429 is told, and is no failure."""
    rig = Rig(TOO_MANY, 200)
    assert rig.get().status_code == 200
    assert (rig.clock.slept, rig.judged()) == ([5.0], {"ignored": 1.0, "success": 1.0})
    assert [e.retry_after_s for e in rig.told(RateLimitReceived)] == [5.0]


@pytest.mark.parametrize(
    ("reply", "deadline_s", "retry_after_s"),
    [
        (Reply(429, headers={"Retry-After": "31"}), 67.0, 31.0),
        (Reply(429, headers={"Retry-After": "5"}), 4.0, 5.0),
        (Reply(429, headers=(("Retry-After", "5"), ("Retry-After", "60"))), 67.0, 60.0),
        (Reply(429, headers={"Retry-After": "Mon, 07 Jan 2030 09:01:00 GMT"}), 67.0, 60.0),
    ],
)
@pytest.mark.fault(11)
def test_too_long_a_wait_is_left_to_the_caller(
    reply: Reply, deadline_s: float, retry_after_s: float
) -> None:
    """A wait beyond the cap or the deadline is reported at once."""
    rig = Rig(reply)
    error = rig.failure(rig.get, deadline_s=deadline_s)
    assert isinstance(error, RateLimited)
    assert (error.retry_after_s, error.stop_reason) == (retry_after_s, "retry_after_too_long")
    assert rig.clock.slept == []


@pytest.mark.fault(11)
def test_rate_limits_to_the_end() -> None:
    """When every attempt is rejected the caller learns how long to wait."""
    rig = Rig(then=TOO_MANY)
    error = rig.failure(rig.get)
    assert isinstance(error, RateLimited)
    assert (error.retry_after_s, error.stop_reason) == (5.0, "attempts_exhausted")


@pytest.mark.parametrize(
    "value", ["1" + "0" * 20, "9" * 5000, "-1", "nan", "inf", "1_000", "\u0661"]
)
@pytest.mark.fault(12)
def test_a_hostile_retry_after_is_ignored(value: str) -> None:
    """What is not understood is told, and the backoff is used."""
    rig = Rig(Reply(429, headers={"Retry-After": value}), 200)
    assert rig.get().status_code == 200
    assert rig.clock.slept == [1.0]
    assert rig.told(RetryAfterRejected) == [
        RetryAfterRejected(target="default", operation="list_services")
    ]


@pytest.mark.fault(22)
def test_a_date_is_read_by_the_clock_of_who_wrote_it() -> None:
    """A local wall clock that is a day off does not change how long a date makes us wait."""
    headers = {
        "Date": "Tue, 08 Jan 2030 09:00:00 GMT",
        "Retry-After": "Tue, 08 Jan 2030 09:00:07 GMT",
    }
    rig = Rig(Reply(429, headers=headers), 200)
    rig.get()
    assert rig.clock.slept == [7.0]


@pytest.mark.fault(17)
def test_the_fifth_failure_stops_everything() -> None:
    """The circuit opens within an operation, whose retries end without a sleep or a send."""
    rig = Rig(then=503)
    rig.failure(rig.get)
    error = rig.failure(rig.get)
    assert isinstance(error, CircuitBreakerOpen)
    assert (error.retry_after_s, len(error.attempts)) == (60.0, 1)
    assert (len(rig.transport.sent), rig.clock.slept) == (5, [1.0, 2.0, 4.0])
    assert len(rig.told(BreakerTransition)) == 1
    assert [e.stop_reason for e in rig.told(RetrySuppressed)] == [
        StopReason.ATTEMPTS_EXHAUSTED,
        StopReason.CIRCUIT_OPEN,
    ]


@pytest.mark.fault(17)
def test_an_open_circuit_sends_nothing() -> None:
    """A call refused at once is told as rejected, with the time to wait."""
    rig = Rig(then=503, breaker=BreakerOptions(failure_threshold=1))
    rig.failure(rig.get)
    rig.events.clear()
    rig.clock.advance(18.0)
    error = rig.failure(rig.get)
    assert isinstance(error, CircuitBreakerOpen)
    assert (error.retry_after_s, error.attempts, len(rig.transport.sent)) == (42.0, (), 1)
    assert rig.told(BreakerRejected) == [BreakerRejected(target="default", retry_after_s=42.0)]
    assert (rig.finished().outcome, rig.finished().error_type) == (
        Outcome.REJECTED,
        ErrorType.CIRCUIT_OPEN,
    )
    assert rig.told(RetrySuppressed) == []


def test_an_open_circuit_does_not_hide_an_unknown_outcome() -> None:
    """A POST that was lost as the circuit opened may have taken effect."""
    rig = Rig(ReadTimeout("late"), breaker=BreakerOptions(failure_threshold=1))
    error = rig.failure(rig.post)
    assert isinstance(error, OutcomeUnknown)
    assert (error.stop_reason, error.retry_after_s) == ("circuit_open", 60.0)


def test_a_circuit_that_opens_during_the_wait() -> None:
    """A retry that the breaker refuses after the wait is suppressed, and never counted."""
    rig = Rig(503, breaker=PATIENT, on_sleep=lambda _: rig.session.breaker.force_open())
    error = rig.failure(rig.get)
    assert isinstance(error, CircuitBreakerOpen)
    assert (rig.told(RetryStarted), len(rig.told(BreakerRejected))) == ([], 1)
    assert [e.stop_reason for e in rig.told(RetrySuppressed)] == [StopReason.CIRCUIT_OPEN]


def test_an_empty_retry_budget() -> None:
    """Without tokens the caller gets the last error."""
    rig = Rig(then=503, budget=BudgetOptions(max_tokens=2), breaker=PATIENT)
    error = rig.failure(rig.get)
    assert isinstance(error, RetriesExhausted)
    assert (error.stop_reason, len(error.attempts)) == ("retry_budget", 1)
