"""The one table from the errors of requests, urllib3 and the sockets to ours."""

import http.client
from collections.abc import Iterator

import requests.exceptions as theirs
from urllib3 import exceptions as urllib3s

from resilience.errors import CallNotSent, ConnectionFailed, ProtocolError, ResilienceError
from resilience.http_client.exchange import Exchange
from resilience.vocabulary import Phase

_NOT_SENT = (urllib3s.ConnectTimeoutError, urllib3s.ClosedPoolError, ConnectionRefusedError)
_BROKEN_HTTP = (
    http.client.BadStatusLine,
    http.client.LineTooLong,
    http.client.UnknownProtocol,
    urllib3s.InvalidChunkLength,
)
_CUT = (http.client.RemoteDisconnected, ConnectionError)

Made = type[ResilienceError] | Phase

TABLE: tuple[tuple[type[BaseException], Made], ...] = (
    (theirs.InvalidURL, CallNotSent),
    (theirs.InvalidSchema, CallNotSent),
    (theirs.MissingSchema, CallNotSent),
    (theirs.URLRequired, CallNotSent),
    (theirs.InvalidHeader, CallNotSent),
    (theirs.UnrewindableBodyError, CallNotSent),
    (theirs.ConnectTimeout, Phase.CONNECT),
    (theirs.Timeout, Phase.READ),
    (theirs.ConnectionError, ConnectionFailed),
    (theirs.ChunkedEncodingError, ConnectionFailed),
    (theirs.RequestException, ProtocolError),
    (urllib3s.LocationValueError, CallNotSent),
    (urllib3s.ConnectTimeoutError, Phase.CONNECT),
    (urllib3s.TimeoutError, Phase.READ),
    (urllib3s.DecodeError, ProtocolError),
    (urllib3s.HTTPError, ConnectionFailed),
    (http.client.IncompleteRead, ConnectionFailed),
    (http.client.HTTPException, ProtocolError),
    (TimeoutError, Phase.READ),
    (OSError, ConnectionFailed),
)
"""The first row that an error is an instance of says what it becomes."""


def translate(error: Exception, exchange: Exchange) -> ResilienceError | None:
    """Our error for a foreign one, by how far the exchange had got; None for a stranger."""
    if isinstance(error, ResilienceError):
        return error
    if exchange.expired:
        return exchange.timed_out(Phase.READ)
    for kind, made in TABLE:
        if isinstance(error, kind):
            return _make(made, error, exchange)
    return None


def _make(made: Made, error: Exception, exchange: Exchange) -> ResilienceError:
    if isinstance(made, Phase):
        return _timed_out(made, error, exchange)
    if made is ConnectionFailed and _is_broken_http(error):
        made = ProtocolError
    if not issubclass(made, ConnectionFailed | ProtocolError):
        return made(_sentence(error))
    return made(_sentence(error), sent=_was_sent(error, exchange))


def _timed_out(phase: Phase, error: Exception, exchange: Exchange) -> ResilienceError:
    # urllib3 makes a refused connection a kind of connect timeout.
    if any(isinstance(link, urllib3s.NewConnectionError) for link in _links(error)):
        return ConnectionFailed(_sentence(error), sent=False)
    return exchange.timed_out(phase)


def _was_sent(error: Exception, exchange: Exchange) -> bool:
    if exchange.sent is not None:
        return exchange.sent
    return not any(isinstance(link, _NOT_SENT) for link in _links(error))


def _is_broken_http(error: Exception) -> bool:
    links = list(_links(error))
    return any(isinstance(link, _BROKEN_HTTP) for link in links) and not any(
        isinstance(link, _CUT) for link in links if not isinstance(link, theirs.RequestException)
    )


def _links(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made of: its arguments, its reason, its cause."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(seen) < 16:
        link = waiting.pop()
        if isinstance(link, BaseException) and link not in seen:
            seen.append(link)
            waiting += [*link.args, getattr(link, "reason", None), link.__cause__]
    yield from seen


def _sentence(error: BaseException) -> str:
    """What happened, without the address and the path, which the text of the error may hold."""
    names = [type(link).__name__ for link in _links(error)]
    return f"the exchange failed ({', '.join(dict.fromkeys(names))})"
