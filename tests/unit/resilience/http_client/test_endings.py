"""What the caller gets when an operation ends without success."""

from typing import Any

import pytest
from requests import Response

from resilience.errors import (
    AttemptRecord,
    CallCancelled,
    CircuitBreakerOpen,
    ConnectionFailed,
    DeadlineExceeded,
    OutcomeUnknown,
    RateLimited,
    RetriesExhausted,
)
from resilience.http_client.endings import Ending, error_of
from resilience.http_client.verdict import Attempted
from resilience.permit import Judged
from resilience.vocabulary import ErrorType, Outcome, StopReason

ONE = (AttemptRecord(1, "503", 503, 0.1),)
TWO = (*ONE, AttemptRecord(2, "", 200, 0.1))
FAILED = Attempted(ErrorType.UNAVAILABLE, True, Judged.FAILURE, response=Response())
SETTLED = Attempted(ErrorType.CONFLICT, False, Judged.IGNORED, response=Response())
BUSY = Attempted(ErrorType.TOO_MANY, True, Judged.IGNORED, response=Response())


def ending(stop: StopReason, last: Attempted | None = FAILED, **changes: Any) -> Ending:
    """An operation that ended after one attempt."""
    given = {"attempts": ONE, "unclear": False, **changes}
    return Ending(
        "api", "book", last=last, stop=stop, deadline_s=67.0, rest_s=9.0, pause_s=4.0, **given
    )


def told(end: Ending) -> dict[str, Any]:
    """The error's type, words, and all that it carries."""
    error = error_of(end)
    carried = {name: getattr(error, name) for name in getattr(error, "__slots__", ())}
    return {"type": type(error), "words": str(error), **carried, **getattr(error, "__dict__", {})}


@pytest.mark.parametrize(
    ("stop", "last", "kind"),
    [
        (StopReason.NONE, FAILED, ErrorType.UNAVAILABLE),
        (StopReason.CIRCUIT_OPEN, FAILED, ErrorType.CIRCUIT_OPEN),
        (StopReason.DEADLINE, FAILED, ErrorType.DEADLINE),
        (StopReason.CANCELLED, None, ErrorType.OTHER),
    ],
)
def test_the_error_type_of_an_operation(
    stop: StopReason, last: Attempted | None, kind: ErrorType
) -> None:
    """That of its last attempt, unless the circuit or the deadline ended it."""
    assert ending(stop, last).error_type is kind


def test_the_outcome_of_an_operation() -> None:
    """Rejected when nothing was sent, and a success when nothing stopped it."""
    ends = [
        ending(StopReason.NONE),
        ending(StopReason.DEADLINE),
        ending(StopReason.DEADLINE, attempts=()),
    ]
    assert [end.outcome for end in ends] == [Outcome.SUCCESS, Outcome.ERROR, Outcome.REJECTED]


def test_which_stops_suppress_an_attempt() -> None:
    """All but the two after which no other could have helped, if there was an attempt at all."""
    suppressed = {stop for stop in StopReason if ending(stop).suppressed}
    assert suppressed == set(StopReason) - {StopReason.NONE, StopReason.NOT_RETRYABLE}
    assert [ending(stop, attempts=()).suppressed for stop in StopReason] == [False] * 9


@pytest.mark.parametrize(
    ("stop", "last"), [(StopReason.NONE, None), (StopReason.DEADLINE, SETTLED)]
)
def test_an_answer_that_settles_the_matter_is_no_error(
    stop: StopReason, last: Attempted | None
) -> None:
    """The caller gets the answer, also when an attempt before it was unclear."""
    assert error_of(ending(stop, last)) is None
    assert error_of(ending(StopReason.NONE, SETTLED, unclear=True)) is None


@pytest.mark.parametrize(
    "last",
    [
        None,
        FAILED._replace(again=False),
        SETTLED._replace(response=None),
        SETTLED._replace(again=True),
    ],
)
def test_what_never_became_clear(last: Attempted | None) -> None:
    """No answer, a failure, or one that calls for another attempt settles nothing."""
    end = ending(StopReason.CIRCUIT_OPEN, last, unclear=True, attempts=TWO)
    assert told(end) == {
        "type": OutcomeUnknown,
        "words": "book may have taken effect, and it never became clear: "
        "2 attempts (503, answered), stopped: circuit_open",
        "attempts": TWO,
        "stop_reason": StopReason.CIRCUIT_OPEN,
        "retry_after_s": 9.0,
    }


def test_an_open_circuit() -> None:
    """The caller is told how long it rests, and what had been tried."""
    assert told(ending(StopReason.CIRCUIT_OPEN)) == {
        "type": CircuitBreakerOpen,
        "words": "the circuit to api is open: 1 attempts were made; try again in 9 s",
        "target": "api",
        "retry_after_s": 9.0,
        "attempts": ONE,
    }


def test_an_error_that_no_attempt_can_cure_is_raised_itself() -> None:
    """There is nothing to add to it."""
    error = ConnectionFailed("no such host")
    last = Attempted(ErrorType.CONNECTION, stop=StopReason.NOT_RETRYABLE, error=error)
    assert error_of(ending(StopReason.NOT_RETRYABLE, last)) is error


def test_a_call_that_was_cut_short() -> None:
    """The process was told to stop while the operation waited."""
    assert told(ending(StopReason.CANCELLED)) == {
        "type": CallCancelled,
        "words": "book failed: 1 attempt (503), stopped: cancelled",
        "attempts": ONE,
        "stop_reason": StopReason.CANCELLED,
    }


@pytest.mark.parametrize(
    ("attempts", "story"), [((), "nothing was sent"), (ONE, "1 attempt (503), stopped: deadline")]
)
def test_a_deadline_that_passed(attempts: tuple[AttemptRecord, ...], story: str) -> None:
    """The caller is told the limit, and what had been sent until then."""
    assert told(ending(StopReason.DEADLINE, None, attempts=attempts)) == {
        "type": DeadlineExceeded,
        "words": f"book did not end within 67 s: {story}",
        "attempts": attempts,
        "stop_reason": "deadline",
        "deadline_s": 67.0,
    }


@pytest.mark.parametrize(("asked_s", "wait_s"), [(None, 4.0), (0.0, 0.0), (7.0, 7.0)])
def test_a_service_that_wants_a_pause(asked_s: float | None, wait_s: float) -> None:
    """The pause that it asked for, also none, or ours when it did not say."""
    last = BUSY._replace(retry_after_s=asked_s)
    assert told(ending(StopReason.RETRY_BUDGET, last)) == {
        "type": RateLimited,
        "words": "book failed: 1 attempt (503), stopped: retry_budget",
        "attempts": ONE,
        "stop_reason": StopReason.RETRY_BUDGET,
        "retry_after_s": wait_s,
    }


@pytest.mark.parametrize("last", [FAILED, None])
@pytest.mark.parametrize("stop", [StopReason.ATTEMPTS_EXHAUSTED, StopReason.RETRY_BUDGET])
def test_no_further_attempt_is_made(stop: StopReason, last: Attempted | None) -> None:
    """The last answer goes with the error, if there was one."""
    assert told(ending(stop, last, attempts=TWO)) == {
        "type": RetriesExhausted,
        "words": f"book failed: 2 attempts (503, answered), stopped: {stop}",
        "attempts": TWO,
        "stop_reason": stop,
        "response": last and last.response,
    }


def test_a_call_without_an_attempt_that_stops_for_good() -> None:
    """It has no error of its own to raise."""
    assert told(ending(StopReason.NOT_RETRYABLE, None))["type"] is RetriesExhausted
