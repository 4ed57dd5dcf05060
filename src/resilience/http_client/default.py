"""The two short ways to a protected call."""

import threading
from typing import Any

from requests import Response

from resilience.http_client.plan import METHODS
from resilience.http_client.session import ProtectedSession
from resilience.options import ClientOptions, RetryOptions, TimeoutOptions

_CONNECT_S = 5.0
_lock = threading.Lock()
_sessions: list[ProtectedSession] = []


def create_http_session(
    max_retries: int = 3,
    backoff_factor: float = 1.0,
    timeout: float = 15,
    *,
    options: ClientOptions | None = None,
    **ports: Any,
) -> ProtectedSession:
    """A protected session.

    `max_retries`: sends after the first. `backoff_factor`: the first wait in seconds, doubled
    each time. `timeout`: seconds for one attempt, on the clock, from connecting to the last
    byte; a whole operation takes at most 67 s. `options` says everything instead of these
    three. `ports` are the keyword arguments of `ProtectedSession`.
    """
    options = options or ClientOptions(
        retry=RetryOptions(max_retries=max_retries, backoff_s=backoff_factor),
        timeout=TimeoutOptions(attempt_s=timeout, connect_s=min(_CONNECT_S, timeout)),
    )
    return ProtectedSession(options, **ports)


def api_call_with_protection(method: str, url: str, **kwargs: Any) -> Response:
    """One protected call on a session that the whole process shares, made at the first call.

    `method` is GET, POST or PATCH, in any case; anything else is a ValueError. The keyword
    arguments and the errors are those of `ProtectedSession.request`.

    The session has one circuit breaker and one retry budget for whatever is called: five failures
    in a row of one host stop the calls to every other host as well. Whoever calls more than one
    service makes a session for each, with `create_http_session`.
    """
    known = method.upper() if isinstance(method, str) else method
    if known not in METHODS:
        raise ValueError(f"method is {method!r}, but must be one of {', '.join(METHODS)}")
    return _shared().request(known, url, **kwargs)


def _shared() -> ProtectedSession:
    with _lock:
        if not _sessions:
            _sessions.append(create_http_session())
        return _sessions[0]
