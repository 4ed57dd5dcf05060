"""The tree of errors: what each carries, and that one root catches all."""

import inspect

from resilience import errors
from resilience.errors import (
    AttemptError,
    AttemptRecord,
    AttemptTimedOut,
    CallCancelled,
    CallFailed,
    CallNotSent,
    CircuitBreakerOpen,
    ConnectionFailed,
    DeadlineExceeded,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    ResilienceError,
    RetriesExhausted,
)

RECORD = AttemptRecord(1, "503", 503, 0.25)


def test_the_tree_is_the_one_that_is_drawn() -> None:
    """Each error stands under the parent that the module's docstring shows."""
    parents = {
        kind.__name__: kind.__base__.__name__ if kind.__base__ else ""
        for kind in vars(errors).values()
        if inspect.isclass(kind) and issubclass(kind, ResilienceError)
    }
    assert parents == {
        "ResilienceError": "Exception",
        "CallNotSent": "ResilienceError",
        "CircuitBreakerOpen": "CallNotSent",
        "AttemptError": "ResilienceError",
        "ConnectionFailed": "AttemptError",
        "AttemptTimedOut": "AttemptError",
        "ProtocolError": "AttemptError",
        "CallFailed": "ResilienceError",
        "RetriesExhausted": "CallFailed",
        "RateLimited": "CallFailed",
        "DeadlineExceeded": "CallFailed",
        "OutcomeUnknown": "CallFailed",
        "CallCancelled": "CallFailed",
    }
    assert all(name in str(errors.__doc__) for name in parents)


def test_a_refusal_says_when_to_come_back() -> None:
    """An open circuit names its target, the wait, and what was tried before it opened."""
    refused = CircuitBreakerOpen("api", 42.4, (RECORD,))
    assert [str(refused), str(CircuitBreakerOpen("api", 7.0))] == [
        "the circuit to api is open: 1 attempts were made; try again in 42 s",
        "the circuit to api is open: nothing was sent; try again in 7 s",
    ]
    assert (refused.target, refused.retry_after_s, refused.attempts) == ("api", 42.4, (RECORD,))
    assert isinstance(refused, CallNotSent)


def test_a_failed_attempt_says_whether_it_was_sent() -> None:
    """What may have reached the server must not be repeated blindly."""
    found = [ConnectionFailed("refused", sent=False), ProtocolError("x", response="half")]
    assert [(str(error), error.sent, error.response) for error in found] == [
        ("refused", False, None),
        ("x", True, "half"),
    ]
    timed_out: AttemptError = AttemptTimedOut("read", 0.5)
    assert str(timed_out) == "no answer within 0.5 s (read)"
    assert vars(timed_out) == {
        "sent": True,
        "response": None,
        "phase": "read",
        "limit_s": 0.5,
    }


def test_a_failed_call_lists_what_was_tried_and_why_it_ended() -> None:
    """Each kind carries the attempts, the stop reason, and what is its own."""
    tried = {"attempts": (RECORD,)}
    failed: list[CallFailed] = [
        CallFailed("x", attempts=[RECORD]),
        RetriesExhausted("x", attempts=[RECORD], response="last"),
        RateLimited("x", retry_after_s=9.0, attempts=[RECORD]),
        DeadlineExceeded("x", deadline_s=67.0, attempts=[RECORD]),
        OutcomeUnknown("x", attempts=[RECORD], stop_reason="circuit_open", retry_after_s=3.0),
        CallCancelled("x", attempts=[RECORD], stop_reason="cancelled"),
    ]
    assert [vars(error) for error in failed] == [
        {**tried, "stop_reason": "none"},
        {**tried, "stop_reason": "attempts_exhausted", "response": "last"},
        {**tried, "stop_reason": "retry_after_too_long", "retry_after_s": 9.0},
        {**tried, "stop_reason": "deadline", "deadline_s": 67.0},
        {**tried, "stop_reason": "circuit_open", "retry_after_s": 3.0},
        {**tried, "stop_reason": "cancelled"},
    ]
