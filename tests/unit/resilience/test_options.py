"""Options: their defaults, and what a value out of range is told."""

from dataclasses import FrozenInstanceError, asdict
from typing import Any

import pytest

from resilience.options import (
    BreakerOptions,
    BudgetOptions,
    ClientOptions,
    EdgeOptions,
    RetryOptions,
    TelemetryOptions,
    TimeoutOptions,
    WindowOptions,
    require,
)


def test_the_defaults_are_those_of_the_plan() -> None:
    """Three retries, 15 s an attempt, 67 s in all, five failures open for a minute."""
    assert asdict(RetryOptions()) == {
        "max_retries": 3,
        "backoff_s": 1.0,
        "max_wait_s": 30.0,
        "jitter": 0.2,
        "max_retry_after_s": 30.0,
    }
    assert asdict(TimeoutOptions()) == {"attempt_s": 15.0, "connect_s": 5.0, "operation_s": 67.0}
    assert asdict(BreakerOptions()) == {
        "failure_threshold": 5,
        "open_for_s": 60.0,
        "probes": 1,
        "probe_expires_s": 60.0,
        "window": None,
    }
    assert asdict(BudgetOptions()) == {"max_tokens": 100.0, "token_ratio": 0.1}


def test_options_are_frozen_and_keyword_only() -> None:
    """Nobody changes a policy under way, or mistakes one number for another."""
    with pytest.raises(FrozenInstanceError):
        RetryOptions().max_retries = 4  # type: ignore[misc]  # that is the test
    with pytest.raises(TypeError):
        RetryOptions(4)  # type: ignore[call-arg]  # that is the test


def test_a_refused_value_is_named_with_what_was_expected() -> None:
    """The message says which option, what it was, and what it may be."""
    with pytest.raises(ValueError, match=r"^wait_s is -1, but must be 0 or more$"):
        require(False, "wait_s", -1, "0 or more")


@pytest.mark.parametrize(
    ("kind", "wrong", "message"),
    [
        (RetryOptions, {"max_retries": -1}, "max_retries is -1, but must be 0 to 10"),
        (RetryOptions, {"max_retries": 11}, "max_retries is 11, but must be 0 to 10"),
        (RetryOptions, {"backoff_s": -0.1}, "backoff_s is -0.1, but must be 0 or more"),
        (RetryOptions, {"backoff_s": float("nan")}, "backoff_s is nan, but must be 0 or more"),
        (RetryOptions, {"jitter": 1.5}, "jitter is 1.5, but must be 0 to 1"),
        (RetryOptions, {"max_wait_s": 0}, "max_wait_s is 0, but must be more than 0"),
        (
            RetryOptions,
            {"max_retry_after_s": 0},
            "max_retry_after_s is 0, but must be more than 0",
        ),
        (TimeoutOptions, {"attempt_s": 0}, "attempt_s is 0, but must be more than 0"),
        (TimeoutOptions, {"connect_s": -5}, "connect_s is -5, but must be more than 0"),
        (TimeoutOptions, {"operation_s": 0.0}, "operation_s is 0.0, but must be more than 0"),
        (WindowOptions, {"counts": "x"}, "counts is 'x', but must be 'calls' or 'time'"),
        (WindowOptions, {"size": 0}, "size is 0, but must be 1 to 10000"),
        (WindowOptions, {"failure_rate": 0}, "failure_rate is 0, but must be over 0, up to 1"),
        (
            WindowOptions,
            {"slow_call_rate": 1.1},
            "slow_call_rate is 1.1, but must be over 0, up to 1",
        ),
        (WindowOptions, {"slow_call_s": 0}, "slow_call_s is 0, but must be more than 0"),
        (
            WindowOptions,
            {"size": 5},
            "minimum_calls is 10, but must be at most the 5 calls that the window holds",
        ),
        (BreakerOptions, {"failure_threshold": 0}, "failure_threshold is 0, but must be 1 to 1000"),
        (BreakerOptions, {"probes": 0}, "probes is 0, but must be 1 to 100"),
        (BreakerOptions, {"open_for_s": 0}, "open_for_s is 0, but must be more than 0"),
        (BudgetOptions, {"max_tokens": 0}, "max_tokens is 0, but must be over 0, up to 1000"),
        (BudgetOptions, {"token_ratio": 0}, "token_ratio is 0, but must be more than 0"),
        (ClientOptions, {"target": ""}, "target is '', but must be a name"),
        (ClientOptions, {"pool_size": 0}, "pool_size is 0, but must be more than 0"),
        (EdgeOptions, {"threads": 0}, "threads is 0, but must be more than 0"),
        (EdgeOptions, {"hold_s": -1}, "hold_s is -1, but must be 0 or more"),
        (
            EdgeOptions,
            {"trusted_key": "short"},
            "trusted_key is '(secret)', but must be at least 16 characters, or empty",
        ),
        (TelemetryOptions, {"service": ""}, "service is '', but must be a name"),
        (
            TelemetryOptions,
            {"log_level": "LOUD"},
            "log_level is 'LOUD', but must be DEBUG, INFO, WARNING, ERROR, CRITICAL",
        ),
        (TelemetryOptions, {"queue": 0}, "queue is 0, but must be more than 0"),
        (TelemetryOptions, {"shutdown_s": 0}, "shutdown_s is 0, but must be more than 0"),
    ],
)
def test_a_value_out_of_range_is_refused(kind: Any, wrong: dict[str, Any], message: str) -> None:
    """No policy is built with a value that it could not keep."""
    with pytest.raises(ValueError) as raised:
        kind(**wrong)
    assert str(raised.value) == message


def test_a_window_of_time_may_want_more_calls_than_seconds() -> None:
    """The size bounds the calls of a window only when it counts calls."""
    assert WindowOptions(counts="time", size=5).minimum_calls == 10


def test_the_secret_key_is_not_shown() -> None:
    """Printing the options does not print the key."""
    assert "0123456789abcdef" not in repr(EdgeOptions(trusted_key="0123456789abcdef"))
