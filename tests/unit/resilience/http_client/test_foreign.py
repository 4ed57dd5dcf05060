"""The one table of foreign errors."""

import http.client
import inspect
import socket

import pytest
import requests.exceptions as theirs
from urllib3 import exceptions as urllib3s

from resilience.errors import (
    AttemptError,
    AttemptTimedOut,
    CallNotSent,
    ConnectionFailed,
    ProtocolError,
    ResilienceError,
)
from resilience.http_client.exchange import Exchange
from resilience.http_client.foreign import TABLE, translate
from resilience.http_client.watchdog import Watchdog
from resilience.testing.clock import FakeClock

THEIRS = [
    kind
    for _, kind in inspect.getmembers(theirs, inspect.isclass)
    if issubclass(kind, theirs.RequestException)
]


def exchange(**state: bool) -> Exchange:
    """An attempt that got as far as `state` says."""
    clock = FakeClock()
    made = Exchange(
        limit_s=15.0,
        connect_s=5.0,
        idle_s=4.0,
        cut_by_deadline=state.pop("cut_by_deadline", False),
        monotonic=clock.monotonic,
        watchdog=Watchdog(clock.monotonic),
    )
    for name, value in state.items():
        setattr(made, name, value)
    return made


def _make(kind: type[Exception]) -> Exception:
    return kind("x", "{}", 0) if issubclass(kind, theirs.JSONDecodeError) else kind("x")


@pytest.mark.parametrize("kind", THEIRS, ids=lambda kind: kind.__name__)
def test_every_error_of_requests_has_a_row(kind: type[Exception]) -> None:
    """Whatever requests may raise becomes an error of ours."""
    assert isinstance(translate(_make(kind), exchange()), ResilienceError)


def test_each_row_can_be_reached() -> None:
    """No row stands below one that takes all of its errors."""
    kinds = [kind for kind, _ in TABLE]
    hidden = [
        (kind.__name__, above.__name__)
        for at, kind in enumerate(kinds)
        for above in kinds[:at]
        if issubclass(kind, above)
    ]
    assert hidden == []


@pytest.mark.parametrize(
    ("error", "state", "kind", "sent"),
    [
        (
            theirs.ConnectionError(urllib3s.NewConnectionError(None, "refused")),  # type: ignore[arg-type]  # no connection needed
            {},
            ConnectionFailed,
            False,
        ),
        (urllib3s.NewConnectionError(None, "refused"), {}, ConnectionFailed, False),  # type: ignore[arg-type]  # as above
        (ConnectionResetError("reset"), {"sent": False}, ConnectionFailed, False),
        (ConnectionResetError("reset"), {"sent": True}, ConnectionFailed, True),
        (
            theirs.ConnectionError(urllib3s.ProtocolError("x", http.client.BadStatusLine("SSH"))),
            {"sent": True},
            ProtocolError,
            True,
        ),
        (
            theirs.ConnectionError(urllib3s.ProtocolError("x", http.client.RemoteDisconnected(""))),
            {"sent": True},
            ConnectionFailed,
            True,
        ),
        (theirs.ChunkedEncodingError("cut"), {"sent": True}, ConnectionFailed, True),
        (urllib3s.DecodeError("gzip"), {"sent": True}, ProtocolError, True),
        (socket.gaierror("no such name"), {"sent": False}, ConnectionFailed, False),
    ],
)
def test_what_an_error_becomes(
    error: Exception, state: dict[str, bool], kind: type[Exception], sent: bool
) -> None:
    """The kind, and whether the service may have seen the request."""
    ours = translate(error, exchange(**state))
    assert isinstance(ours, AttemptError)
    assert (type(ours), ours.sent) == (kind, sent)


@pytest.mark.parametrize(
    ("error", "state", "phase", "limit_s"),
    [
        (theirs.ConnectTimeout("x"), {}, "connect", 5.0),
        (theirs.ReadTimeout("x"), {"connected": True}, "read", 15.0),
        (TimeoutError("x"), {"connected": True, "begun": True}, "total", 15.0),
        (theirs.ReadTimeout("x"), {"connected": True, "cut_by_deadline": True}, "deadline", 15.0),
        (theirs.ConnectTimeout("x"), {"cut_by_deadline": True}, "connect", 5.0),
        (OSError("bad descriptor"), {"expired": True, "connected": True}, "read", 15.0),
        (ValueError("closed"), {"expired": True, "connected": True, "begun": True}, "total", 15.0),
    ],
)
def test_what_a_timeout_becomes(
    error: Exception, state: dict[str, bool], phase: str, limit_s: float
) -> None:
    """The phase is how far the attempt had got, and after the cut any error is a timeout."""
    ours = translate(error, exchange(**state))
    assert isinstance(ours, AttemptTimedOut)
    assert (ours.phase, ours.limit_s) == (phase, limit_s)


def test_what_could_not_be_sent() -> None:
    """A mistake in the URL is no fault of the service."""
    assert type(translate(theirs.InvalidURL("x"), exchange())) is CallNotSent


def test_strangers_and_our_own_pass() -> None:
    """Our errors stay as they are; a bug is not dressed up as a failure of the network."""
    ours = ProtocolError("x")
    assert (translate(ours, exchange()), translate(KeyError("x"), exchange())) == (ours, None)


def test_the_sentence_names_no_address() -> None:
    """The text of a foreign error, with its URL, does not get into ours."""
    error = theirs.ConnectionError("http://service.test/appointments/APPT-SECRET")
    assert str(translate(error, exchange())) == "the exchange failed (ConnectionError)"
