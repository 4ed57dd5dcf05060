"""What each answer and each failure of an attempt means, line by line."""

import pytest
from requests import Response

from resilience.errors import (
    AttemptTimedOut,
    CallNotSent,
    ConnectionFailed,
    ProtocolError,
    ResilienceError,
)
from resilience.http_client.verdict import (
    IN_FLIGHT,
    REDIRECTS,
    Attempted,
    Nature,
    RedirectRefused,
    judge_error,
    judge_response,
)
from resilience.permit import Judged
from resilience.vocabulary import ErrorType, StopReason

READ, KEYED, BARE = Nature(True, False), Nature(False, True), Nature(False, False)
PROBLEM = "application/problem+json"


def answer(status: int, body: bytes = b"", kind: str = PROBLEM) -> Response:
    """An answer that has arrived."""
    response = Response()
    response.status_code, response._content = status, body
    response.headers["Content-Type"] = kind
    return response


@pytest.mark.parametrize("status", [200, 201, 204, 304, 399])
@pytest.mark.parametrize("nature", [READ, KEYED, BARE])
def test_an_answer_below_400_is_a_success(status: int, nature: Nature) -> None:
    """It ends the operation, and speaks for the target."""
    response = answer(status)
    assert judge_response(response, nature, 3.0) == Attempted(
        ErrorType.NONE, False, Judged.SUCCESS, StopReason.NONE, response, None, False, None
    )


@pytest.mark.parametrize(
    ("status", "kind"), [(500, "500"), (502, "502"), (503, "503"), (504, "504")]
)
@pytest.mark.parametrize("nature", [READ, KEYED, Nature(True, True)])
def test_a_passing_trouble_calls_for_another_attempt(
    status: int, kind: str, nature: Nature
) -> None:
    """It is a failure of the target, after which one may try again, and clear: it was answered."""
    response = answer(status)
    assert judge_response(response, nature, 3.0) == Attempted(
        ErrorType(kind), True, Judged.FAILURE, StopReason.NONE, response, None, False, 3.0
    )


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_trouble_is_not_tried_again_without_a_key(status: int) -> None:
    """The service may have done the work, and nothing would keep it from doing it twice."""
    response = answer(status)
    assert judge_response(response, BARE, 3.0) == Attempted(
        ErrorType(str(status)), False, Judged.FAILURE, StopReason.NOT_IDEMPOTENT, response
    )


@pytest.mark.parametrize("nature", [READ, KEYED, BARE])
def test_too_many_requests_call_for_patience(nature: Nature) -> None:
    """Whatever it was, it was not done; the target is well."""
    response = answer(429)
    assert judge_response(response, nature, 3.0) == Attempted(
        ErrorType.TOO_MANY, True, Judged.IGNORED, StopReason.NONE, response, None, False, 3.0
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorType.BAD_REQUEST),
        (404, ErrorType.NOT_FOUND),
        (409, ErrorType.CONFLICT),
        (422, ErrorType.INVALID),
        (418, ErrorType.OTHER),
        (501, ErrorType.OTHER),
        (505, ErrorType.OTHER),
    ],
)
def test_any_other_status_is_final(status: int, kind: ErrorType) -> None:
    """It says nothing about the target's health, and would come out the same."""
    response = answer(status)
    assert judge_response(response, READ, 3.0) == Attempted(
        kind, False, Judged.IGNORED, StopReason.NOT_RETRYABLE, response
    )


def test_a_key_in_flight_calls_for_another_attempt() -> None:
    """The first attempt is still under way, and its result will be had with the same key."""
    response = answer(409, b'{"type": "https://service.test/' + IN_FLIGHT.encode() + b'"}')
    assert judge_response(response, KEYED, 3.0) == Attempted(
        ErrorType.CONFLICT, True, Judged.IGNORED, StopReason.NONE, response, None, False, 3.0
    )


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (409, b'{"type": "x-idempotency-key-in-flight"}', "application/json"),
        (409, b'{"type": "x-idempotency-key-in-flight', PROBLEM),
        (409, b'{"type": "idempotency-key-in-flight-x"}', PROBLEM),
        (409, b'{"title": "idempotency-key-in-flight"}', PROBLEM),
        (409, b'["idempotency-key-in-flight"]', PROBLEM),
        (422, b'{"type": "x-idempotency-key-in-flight"}', PROBLEM),
    ],
)
def test_any_other_conflict_is_final(status: int, body: bytes, kind: str) -> None:
    """Only a 409 whose problem document names the key in flight is not."""
    response = answer(status, body, kind)
    verdict = judge_response(response, KEYED)
    assert (verdict.again, verdict.stop) == (False, StopReason.NOT_RETRYABLE)


def test_what_a_redirect_is() -> None:
    """A 300, which offers a choice, and a 304 are none."""
    assert sorted(REDIRECTS) == [301, 302, 303, 307, 308]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionFailed("reset"), ErrorType.CONNECTION),
        (AttemptTimedOut("read", 1.0), ErrorType.TIMEOUT_READ),
        (AttemptTimedOut("total", 1.0), ErrorType.TIMEOUT_TOTAL),
    ],
)
def test_a_cut_after_sending(error: ResilienceError, kind: ErrorType) -> None:
    """Reading is tried again; a change only with a key, and it may have taken effect."""
    failure, none = Judged.FAILURE, StopReason.NONE
    seen = [judge_error(error, nature) for nature in (READ, KEYED, BARE)]
    assert seen == [
        Attempted(kind, True, failure, none, None, error, False),
        Attempted(kind, True, failure, none, None, error, True),
        Attempted(kind, False, failure, StopReason.NOT_IDEMPOTENT, None, error, True),
    ]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionFailed("refused", sent=False), ErrorType.CONNECTION),
        (AttemptTimedOut("connect", 1.0, sent=False), ErrorType.TIMEOUT_CONNECT),
    ],
)
@pytest.mark.parametrize("nature", [READ, KEYED, BARE])
def test_what_was_never_sent_is_sent_again(
    error: ResilienceError, kind: ErrorType, nature: Nature
) -> None:
    """Also without a key: nothing can have taken effect."""
    assert judge_error(error, nature) == Attempted(
        kind, True, Judged.FAILURE, StopReason.NONE, None, error, False
    )


@pytest.mark.parametrize(("nature", "unclear"), [(READ, False), (KEYED, True), (BARE, True)])
def test_the_deadline_ends_an_operation(nature: Nature, unclear: bool) -> None:
    """It was the caller's time that ran out, so it says nothing about the target."""
    error = AttemptTimedOut("deadline", 1.0)
    assert judge_error(error, nature) == Attempted(
        ErrorType.DEADLINE, False, Judged.IGNORED, StopReason.DEADLINE, None, error, unclear
    )


def test_an_answer_that_breaks_the_rules() -> None:
    """Reading would come out the same; a change with a key is asked for its result again."""
    error, failure = ProtocolError("not JSON"), Judged.FAILURE
    kind = ErrorType.PROTOCOL
    assert [judge_error(error, nature) for nature in (READ, KEYED, BARE)] == [
        Attempted(kind, False, failure, StopReason.NOT_RETRYABLE, None, error, False),
        Attempted(kind, True, failure, StopReason.NONE, None, error, True),
        Attempted(kind, False, failure, StopReason.NOT_IDEMPOTENT, None, error, True),
    ]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RedirectRefused("302"), ErrorType.PROTOCOL),
        (CallNotSent("bad address"), ErrorType.OTHER),
    ],
)
@pytest.mark.parametrize("nature", [READ, KEYED, BARE])
def test_what_no_attempt_can_cure(error: ResilienceError, kind: ErrorType, nature: Nature) -> None:
    """A redirect and a request that cannot be sent are final, clear and nobody's failure."""
    assert judge_error(error, nature) == Attempted(
        kind, False, Judged.IGNORED, StopReason.NOT_RETRYABLE, None, error, False
    )
