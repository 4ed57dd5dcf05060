"""The two short ways to a protected call."""

import threading
from typing import Any

from requests import Response

from resilience.http_client.plan import METHODS
from resilience.http_client.session import ProtectedSession
from resilience.options import ClientOptions, RetryOptions, TimeoutOptions

_CONNECT_S, _OPERATION_S = 5.0, 67.0
_DEFAULTS = (3, 1.0, 15)
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
    byte; a whole operation takes at most 67 s, or `timeout` where that is longer. `options` says
    everything instead of these three: a ValueError when both are given. `ports` are the keyword
    arguments of `ProtectedSession`.
    """
    given = (max_retries, backoff_factor, timeout)
    if options is None:
        options = _options(*given)
    elif given != _DEFAULTS:
        raise ValueError(
            "options say everything: set retries, backoff and timeout there, or leave options out"
        )
    return ProtectedSession(options, **ports)


def _options(max_retries: int, backoff_s: float, attempt_s: float) -> ClientOptions:
    """The time of the whole operation grows with an attempt that would never have its own."""
    return ClientOptions(
        retry=RetryOptions(max_retries=max_retries, backoff_s=backoff_s),
        timeout=TimeoutOptions(
            attempt_s=attempt_s,
            connect_s=min(_CONNECT_S, attempt_s),
            operation_s=max(_OPERATION_S, attempt_s),
        ),
    )


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
