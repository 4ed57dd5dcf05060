"""What a limited client is told is true; the limits here are short, so that it can be tried."""

import time
from collections.abc import Iterator

import pytest
from tests.stack_http import ask, new_user
from tests.stack_process import Server

from resilience import (
    ClientOptions,
    ProtectedSession,
    RateLimited,
    RetryOptions,
    create_http_session,
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API that allows three requests a second, and ten in ten minutes."""
    limits = "3/second;10 per 10 minute"
    with Server("api", tmp_path_factory.mktemp("limited"), LIMITS=limits) as server:
        yield server.ready()


@pytest.mark.fault(11, 65)
def test_whoever_comes_back_when_told_is_served(api: Server) -> None:
    """Retry-After is a whole number of seconds, and true."""
    user = new_user()
    statuses = [ask(api.port, "GET /health", user=user).status for _ in range(3)]
    refused = ask(api.port, "GET /health", user=user)
    time.sleep(int(refused.headers["Retry-After"]))
    served = ask(api.port, "GET /health", user=user)

    assert statuses == [200] * 3
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert (served.status, served.headers["Retry-After"]) == (200, None)


@pytest.mark.fault(65)
def test_a_refusal_tells_the_limits_and_nobodys_identity(api: Server) -> None:
    """Whole numbers in the headers, and no address in headers or body."""
    user = new_user()
    answers = [ask(api.port, "GET /health", user=user) for _ in range(4)]
    refused = answers[-1]
    numbers = [refused.headers[f"X-RateLimit-{n}"] for n in ("Limit", "Remaining", "Reset")]

    assert refused.status == 429
    assert numbers[:2] == ["3", "0"]
    assert numbers[2].isdigit()
    assert user not in refused.headers.as_string() + refused.body.decode()
    assert refused.headers["Content-Type"] == "application/problem+json"


@pytest.mark.fault(11)
def test_a_protected_session_waits_as_long_as_it_is_told(api: Server) -> None:
    """The fourth call comes back with the answer after the second that it was asked to wait."""
    options = ClientOptions(base_url=api.url, retry=RetryOptions(backoff_s=0.01))
    with create_http_session(options=options) as session:
        began = time.monotonic()
        statuses = [session.get("/health").status_code for _ in range(4)]
        took_s = time.monotonic() - began

    assert statuses == [200] * 4
    assert 0.9 <= took_s < 3


@pytest.mark.fault(11)
def test_a_protected_session_does_not_wait_for_minutes(api: Server) -> None:
    """Ten minutes are longer than any wait: the caller is told at once."""
    options = ClientOptions(base_url=api.url, retry=RetryOptions(backoff_s=0.01))

    def call_until_refused(session: ProtectedSession) -> None:
        for _ in range(12):
            session.get("/health")

    with create_http_session(options=options) as session:
        began = time.monotonic()
        with pytest.raises(RateLimited) as caught:
            call_until_refused(session)
        took_s = time.monotonic() - began

    assert 500 < caught.value.retry_after_s <= 600
    assert len(caught.value.attempts) == 1
    assert took_s < 6


@pytest.mark.fault(37)
def test_probes_are_not_counted(api: Server) -> None:
    """A scrape every moment takes nothing from the address that it comes from."""
    statuses = {ask(api.port, f"GET /{p}", user="127.0.0.1").status for p in ("metrics", "livez")}
    for _ in range(30):
        statuses.add(ask(api.port, "GET /readyz", user="127.0.0.1").status)

    assert statuses == {200}
