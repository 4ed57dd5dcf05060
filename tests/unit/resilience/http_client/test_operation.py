"""One protected call: what each answer and each failure leads to."""

import pytest
import requests
from requests.exceptions import ReadTimeout
from tests.client_rig import IN_FLIGHT, REFUSED, RESET, TOO_MANY, Rig

from resilience.errors import (
    AttemptRecord,
    OutcomeUnknown,
    ProtocolError,
    RetriesExhausted,
)
from resilience.events import (
    AttemptFinished,
    Outcome,
    RetrySuppressed,
    StopReason,
)
from resilience.testing.transport import Reply


@pytest.mark.fault(1)
def test_refused_connections_are_tried_again_and_listed() -> None:
    """Four sends for three retries, after 1, 2 and 4 s, and a list of the attempts."""
    rig = Rig(then=REFUSED)
    error = rig.failure(rig.get)
    assert isinstance(error, RetriesExhausted)
    assert error.attempts == tuple(AttemptRecord(n, "connection", None, 0.0) for n in (1, 2, 3, 4))
    assert (error.stop_reason, error.response) == ("attempts_exhausted", None)
    assert (len(rig.transport.sent), rig.clock.slept) == (4, [1.0, 2.0, 4.0])
    assert rig.judged() == {"failure": 4.0}


@pytest.mark.fault(1)
def test_an_unsafe_request_that_was_never_sent_has_no_effect() -> None:
    """A POST whose connections were all refused did certainly nothing."""
    rig = Rig(then=REFUSED)
    assert isinstance(rig.failure(rig.post), RetriesExhausted)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.fault(8)
def test_transient_statuses_are_tried_again(status: int) -> None:
    """After four of them the caller gets the last answer with the error."""
    rig = Rig(then=status)
    error = rig.failure(rig.post)
    assert isinstance(error, RetriesExhausted)
    assert isinstance(error.response, requests.Response)
    assert error.response.status_code == status
    assert (len(rig.transport.sent), rig.judged()) == (4, {"failure": 4.0})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 501, 505])
@pytest.mark.fault(8, 9)
def test_final_statuses_are_answers(status: int) -> None:
    """They come back at once, after one attempt, and the breaker makes nothing of them."""
    rig = Rig(status)
    assert rig.post().status_code == status
    assert (rig.names(), rig.judged()) == (
        ["attempt.finished", "operation.finished"],
        {"ignored": 1.0},
    )
    assert rig.finished().stop_reason is StopReason.NOT_RETRYABLE
    assert rig.finished().outcome is Outcome.ERROR


@pytest.mark.parametrize("lost", [ReadTimeout("late"), RESET], ids=["timeout", "reset"])
@pytest.mark.fault(5, 6)
def test_what_may_have_taken_effect_is_sent_again_with_its_key(lost: Exception) -> None:
    """The same key goes with each attempt, and the answer to a later one settles it."""
    rig = Rig(lost, 503, Reply(201, json={"confirmation": "X"}))
    assert rig.post().json() == {"confirmation": "X"}
    assert (len(rig.transport.sent), len(rig.keys())) == (3, 1)
    assert (rig.finished().outcome, rig.finished().retried) == (Outcome.SUCCESS, True)


@pytest.mark.parametrize(
    "script",
    [
        [ReadTimeout("late")] * 4,
        [RESET, 503, 503, 503],
        [RESET, REFUSED, REFUSED, REFUSED],
        [RESET, TOO_MANY, TOO_MANY, TOO_MANY],
    ],
)
@pytest.mark.fault(5)
def test_an_outcome_that_never_became_clear(script: list[object]) -> None:
    """Once a sent request was lost, only an answer settles it: not a 503, not a 429."""
    rig = Rig(*script)  # type: ignore[arg-type]  # the turns of a script
    error = rig.failure(rig.post)
    assert isinstance(error, OutcomeUnknown)
    assert (len(error.attempts), error.stop_reason) == (4, "attempts_exhausted")


def test_a_final_answer_makes_it_clear() -> None:
    """A 409 to the same key says what happened."""
    rig = Rig(ReadTimeout("late"), 409)
    assert rig.post().status_code == 409


def test_a_lost_get_leaves_nothing_open() -> None:
    """A safe request that timed out has simply failed."""
    rig = Rig(then=ReadTimeout("late"))
    assert isinstance(rig.failure(rig.get), RetriesExhausted)


def test_without_a_key_what_may_have_taken_effect_is_not_repeated() -> None:
    """A POST whose key was declined is not sent again after it was lost."""
    rig = Rig(ReadTimeout("late"))
    error = rig.failure(rig.post, idempotency_key="")
    assert isinstance(error, OutcomeUnknown)
    assert error.stop_reason == "not_idempotent"
    assert [e.stop_reason for e in rig.told(RetrySuppressed)] == [StopReason.NOT_IDEMPOTENT]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.fault(8)
def test_without_a_key_a_failed_answer_is_not_asked_for_again(status: int) -> None:
    """A gateway's 504 may hide an effect: a POST whose key was declined is sent once."""
    rig = Rig(status, 200)
    error = rig.failure(rig.post, idempotency_key="")
    assert isinstance(error, RetriesExhausted)
    assert (error.stop_reason, len(error.attempts)) == ("not_idempotent", 1)
    assert getattr(error.response, "status_code", None) == status
    assert rig.judged() == {"failure": 1.0}


@pytest.mark.fault(10)
def test_a_key_in_flight_is_waited_for() -> None:
    """The same key is sent until the result is there, and the breaker makes nothing of it."""
    rig = Rig(IN_FLIGHT, IN_FLIGHT, Reply(201, json={}))
    assert rig.post().status_code == 201
    assert (len(rig.keys()), rig.clock.slept) == (1, [1.0, 2.0])
    assert rig.judged() == {"ignored": 2.0, "success": 1.0}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.fault(13)
def test_redirects_are_not_followed(status: int) -> None:
    """A redirect is an error of the protocol: one send, nothing to another host."""
    rig = Rig(Reply(status, headers={"Location": "http://elsewhere.test/"}))
    assert isinstance(rig.failure(rig.post), ProtocolError)
    assert (len(rig.transport.sent), rig.judged()) == (1, {"ignored": 1.0})
    assert rig.told(AttemptFinished)[0].http_response_status_code == str(status)
