"""One protected call: what is told of it."""

import traceback

import pytest
import requests
from requests.exceptions import ReadTimeout
from tests.client_rig import RESET, Rig

from resilience.events import (
    AttemptFinished,
    ErrorType,
    OperationFinished,
    Outcome,
    RetryStarted,
    StopReason,
)
from resilience.options import BreakerOptions
from resilience.testing.transport import Fails, Reply


def test_a_success_is_one_attempt() -> None:
    """What succeeds at once is sent once, and told in two events."""
    rig = Rig(Reply(200, json=[1]))
    assert rig.get().json() == [1]
    assert rig.names() == ["attempt.finished", "operation.finished"]
    assert rig.finished() == OperationFinished(
        target="default",
        operation="list_services",
        outcome=Outcome.SUCCESS,
        retried=False,
        stop_reason=StopReason.NONE,
        error_type=ErrorType.NONE,
        attempts=1,
        waited_s=0.0,
        deadline_s=67.0,
        duration_s=0.0,
    )


@pytest.mark.fault(19)
def test_an_interrupt_during_an_attempt() -> None:
    """Ctrl-C goes to the caller; the attempt and the operation are told, the permit is free."""
    rig = Rig(503, Fails(KeyboardInterrupt()), 200, breaker=BreakerOptions(failure_threshold=1))
    rig.failure(rig.get)
    rig.clock.advance(60.0)
    with pytest.raises(KeyboardInterrupt):
        rig.get()
    assert [e.error_type for e in rig.told(AttemptFinished)] == ["503", "other"]
    assert rig.told(OperationFinished)[1].stop_reason is StopReason.CANCELLED
    assert rig.get().status_code == 200
    assert rig.session.breaker.state == "closed"


def test_retries_are_told_when_their_send_begins() -> None:
    """Each retry says what it is for and how long it waited, before its attempt."""
    rig = Rig(503, RESET, 200)
    rig.get()
    assert rig.names() == [
        "attempt.finished",
        "retry.started",
        "attempt.finished",
        "retry.started",
        "attempt.finished",
        "operation.finished",
    ]
    told = [(e.reason, e.attempt, e.delay_s) for e in rig.told(RetryStarted)]
    assert told == [("503", 2, 1.0), ("connection", 3, 2.0)]
    assert [e.resend_count for e in rig.told(AttemptFinished)] == [None, 1, 2]


@pytest.mark.fault(21)
def test_a_raising_listener_does_not_change_the_result() -> None:
    """Retries, breaker and answer are the same with a listener that always raises."""

    def emit(event: object) -> None:
        raise RuntimeError("the listener is broken")

    rig = Rig(503, ReadTimeout("late"), Reply(201, json={}), emit=emit)
    assert rig.post().status_code == 201
    assert (len(rig.transport.sent), rig.judged()) == (3, {"failure": 2.0, "success": 1.0})


@pytest.mark.fault(76)
def test_the_path_of_a_request_gets_into_no_error() -> None:
    """However an error is written down, with all its causes, it does not hold the path."""
    path = "/".join(("", "appointments", "appt", "1001"))
    rig = Rig(then=requests.ConnectionError(f"Max retries exceeded with url: {path}"))
    error = rig.failure(lambda: rig.session.get(path))
    assert path not in "".join(traceback.format_exception(error))
