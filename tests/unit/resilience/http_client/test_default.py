"""The two short ways to a protected call."""

from typing import Any

import pytest
from tests.raw_server import answer_all, running

from resilience.errors import CircuitBreakerOpen, RetriesExhausted
from resilience.http_client import api_call_with_protection, create_http_session, default
from resilience.options import ClientOptions, TimeoutOptions


def test_the_defaults() -> None:
    """Three retries after 1, 2 and 4 s, 15 s for an attempt, 67 s for all."""
    with create_http_session() as session:
        assert session.options == ClientOptions()


def test_the_three_arguments() -> None:
    """They are the retries, the first wait and the time of an attempt."""
    with create_http_session(max_retries=1, backoff_factor=0.5, timeout=2) as session:
        options = session.options
    assert (options.retry.max_retries, options.retry.backoff_s) == (1, 0.5)
    assert (options.timeout.attempt_s, options.timeout.connect_s) == (2, 2)


def test_a_long_attempt_has_its_time() -> None:
    """The operation lasts as long as one attempt may, and no less than by default."""
    with create_http_session(timeout=120) as session:
        assert session.options.timeout == TimeoutOptions(attempt_s=120, operation_s=120)


def test_options_say_everything() -> None:
    """Options replace the three arguments."""
    options = ClientOptions(target="booking")
    with create_http_session(options=options) as session:
        assert session.options is options


@pytest.mark.parametrize("given", [{"max_retries": 9}, {"backoff_factor": 2.0}, {"timeout": 2}])
def test_nothing_is_said_twice(given: dict[str, Any]) -> None:
    """An argument beside options would be passed over in silence."""
    with pytest.raises(ValueError) as caught:
        create_http_session(**given, options=ClientOptions())
    assert str(caught.value) == (
        "options say everything: set retries, backoff and timeout there, or leave options out"
    )


@pytest.mark.parametrize("method", ["DELETE", "PUT", "", "GET ", None])
def test_other_methods(method: str) -> None:
    """Anything but GET, POST and PATCH is a ValueError that says what is allowed."""
    with pytest.raises(ValueError) as caught:
        api_call_with_protection(method, "http://127.0.0.1:1/")
    assert str(caught.value) == f"method is {method!r}, but must be one of GET, POST, PATCH"


def test_one_session_for_the_process() -> None:
    """Calls share their connections."""
    with running(answer_all) as server:
        calls = [api_call_with_protection(m, server.url) for m in ("get", "POST", "Patch")]
        assert ([c.status_code for c in calls], server.connections) == ([200] * 3, 1)


def test_one_circuit_for_all_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead host stops calls to a healthy one; a session for each service would not."""
    with running(answer_all) as healthy, create_http_session(max_retries=0) as shared:
        monkeypatch.setattr(default, "_sessions", [shared])
        for _ in range(5):
            with pytest.raises(RetriesExhausted):
                api_call_with_protection("GET", "http://127.0.0.1:1/")
        with pytest.raises(CircuitBreakerOpen):
            api_call_with_protection("GET", healthy.url)
        with create_http_session() as own:
            assert own.get(healthy.url).status_code == 200
