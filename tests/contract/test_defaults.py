"""The defaults that the plan promised."""

import inspect
import logging
import re
from collections.abc import Iterator

import orjson
import pytest
import structlog

from resilience import (
    BreakerOptions,
    CircuitBreaker,
    ProtectedSession,
    RetriesExhausted,
    RetryOptions,
    TimeoutOptions,
    api_call_with_protection,
    create_http_session,
    generate_request_id,
    get_logger,
    setup_structured_logging,
)
from resilience.testing import FakeClock, ScriptedTransport


def defaults(function: object) -> dict[str, object]:
    """The parameters of a function that have a default."""
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]  # any callable
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def failing_session(clock: FakeClock) -> tuple[ProtectedSession, ScriptedTransport]:
    """A session as `create_http_session` makes it, to a service that always answers 503."""
    transport = ScriptedTransport(then=503, clock=clock)
    return create_http_session(clock=clock, transport=transport), transport


def test_a_session_has_the_defaults_of_the_plan() -> None:
    """Three retries, a first wait of a second, fifteen seconds for an attempt."""
    with create_http_session() as session:
        options = session.options

    assert defaults(create_http_session) == {
        "max_retries": 3,
        "backoff_factor": 1.0,
        "timeout": 15,
        "options": None,
    }
    assert options.retry == RetryOptions(max_retries=3, backoff_s=1.0, jitter=0.2)
    assert options.timeout == TimeoutOptions(attempt_s=15.0, operation_s=67.0)
    assert options.breaker == BreakerOptions(failure_threshold=5, open_for_s=60.0, probes=1)


def test_three_retries_are_four_sends_and_waits_of_one_two_and_four_seconds() -> None:
    """Never sixteen sends, and each wait within 20 % of its length."""
    clock = FakeClock()
    session, transport = failing_session(clock)
    with session, pytest.raises(RetriesExhausted) as caught:
        session.get("http://service.test/services")

    assert len(transport.sent) == len(caught.value.attempts) == 4
    assert clock.slept == [
        pytest.approx(1, rel=0.2),
        pytest.approx(2, rel=0.2),
        pytest.approx(4, rel=0.2),
    ]


@pytest.mark.parametrize("method", ["get", "post", "patch"])
def test_each_method_of_a_session_retries_and_raises(method: str) -> None:
    """GET, POST and PATCH are all tried four times; the last answer comes with the error."""
    session, transport = failing_session(FakeClock())
    with session, pytest.raises(RetriesExhausted) as caught:
        getattr(session, method)("http://service.test/")

    assert [request.method for request in transport.sent] == [method.upper()] * 4
    assert [attempt.status for attempt in caught.value.attempts] == [503] * 4


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "", "G ET"])
def test_a_call_with_another_method_is_a_value_error(method: str) -> None:
    """It says which methods there are, and sends nothing."""
    with pytest.raises(ValueError) as caught:
        api_call_with_protection(method, "http://127.0.0.1:9/")

    assert str(caught.value) == f"method is {method!r}, but must be one of GET, POST, PATCH"


def test_a_breaker_has_the_defaults_of_the_plan() -> None:
    """Five failures in a row open it, for a minute, and its states are plain words."""
    clock = FakeClock()
    breaker = CircuitBreaker(clock=clock)
    states = [breaker.state]
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            breaker.call(lambda: 1 / 0)
    states.append(breaker.state)
    clock.advance(60)
    breaker.call(lambda: states.append(breaker.state))

    assert [*states, breaker.state] == ["closed", "open", "half_open", "closed"]
    assert {"failure_threshold": 5, "timeout": 60.0}.items() <= defaults(CircuitBreaker).items()


def test_a_breaker_hands_over_arguments_and_result() -> None:
    """`call(func, *args, **kwargs)` is the call itself."""
    assert CircuitBreaker().call(int, "ff", base=16) == 255


def test_a_request_id_is_req_and_twelve_hexadecimal_digits() -> None:
    """And no two are alike."""
    made = {generate_request_id() for _ in range(1000)}

    assert len(made) == 1000
    assert all(re.fullmatch(r"req-[0-9a-f]{12}", each) for each in made)


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """What is global in logging is afterwards as it was before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_logger_takes_fields_and_extra_alike(
    logging_restored: None, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Both styles give the same JSON line, with the fields that every line has."""
    setup_structured_logging()
    logger = get_logger("shop")
    logger.info("x", request_id="req-1")
    logger.info("x", extra={"request_id": "req-1"})
    logger.debug("below the level")
    lines = [orjson.loads(line) for line in capsysbinary.readouterr().err.splitlines()]

    assert defaults(setup_structured_logging)["log_level"] == "INFO"
    assert [{**line, "timestamp": ""} for line in lines] == [
        {
            "timestamp": "",
            "level": "info",
            "event": "x",
            "logger": "shop",
            "service": "",
            "request_id": "req-1",
        }
    ] * 2
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["timestamp"]) for line in lines)


def test_a_logged_exception_is_text_without_what_others_wrote(
    logging_restored: None, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """`exception` says where and what kind; a parser's message may quote a person."""
    setup_structured_logging()
    try:
        int("ana@example.com")
    except ValueError:
        get_logger("shop").exception("failed")
    line = orjson.loads(capsysbinary.readouterr().err)

    assert (line["level"], line["event"]) == ("error", "failed")
    assert line["exception"].endswith("\nValueError")
