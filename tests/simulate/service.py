"""The service and the network: what a turn of a plan is on the wire."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from http.client import BadStatusLine

import requests
from requests.exceptions import ConnectTimeout, ReadTimeout
from tests.simulate.plan import Turn
from urllib3.exceptions import NewConnectionError
from urllib3.exceptions import ProtocolError as Urllib3ProtocolError

from resilience.http_client.exchange import current
from resilience.testing.transport import Fails, Reply
from resilience.testing.transport import Turn as Played

MAX_BYTES = 4096
"""A longer answer is refused."""
UNSENT = ("refused", "reset_before_sending", "connect_timeout")
"""Failures of which the service sees nothing."""
Headers = tuple[tuple[str, str], ...]
_IN_FLIGHT = b'{"type": "https://service.test/problems/idempotency-key-in-flight"}'
_FORMS: dict[str, tuple[bytes, dict[str, str]]] = {
    "answer": (b'{"ok": true}', {"Content-Type": "application/json"}),
    "redirect": (b"", {"Location": "http://elsewhere.test/"}),
    "in_flight": (_IN_FLIGHT, {"Content-Type": "application/problem+json"}),
    "truncated": (b'{"ok"', {"Content-Type": "application/json", "Content-Length": "12"}),
    "not_json": (b"<html>", {"Content-Type": "application/json"}),
    "not_said_to_be_json": (b"{}", {"Content-Type": "text/html"}),
    "too_long": (b" " * (MAX_BYTES + 1), {"Content-Type": "application/json"}),
}
_UNUSABLE = ("truncated", "not_json", "not_said_to_be_json", "too_long")


class Crash(RuntimeError):
    """A mistake in somebody's transport."""


class Interrupt(BaseException):
    """Somebody pressed Ctrl-C."""


def played(turn: Turn, now: datetime) -> Played:
    """The turn as the scripted transport plays it; `now` is the time on the service's wall."""
    if turn.kind not in _FORMS:
        return _FAILURES[turn.kind](turn)
    asked = () if turn.retry_after is None else _retry_after(*turn.retry_after, now)
    return _reply(turn.kind, turn.status, turn.after_s, asked)


@lru_cache(maxsize=4096)
def _reply(kind: str, status: int, after_s: float, asked: Headers) -> Reply:
    body, headers = _FORMS[kind]
    status = 409 if kind == "in_flight" else status
    status = 200 if kind in _UNUSABLE else status
    return Reply(status, None, body, (*headers.items(), *asked), after_s)


def _retry_after(form: str, value: str, now: datetime) -> Headers:
    if form in ("seconds", "hostile"):
        return (("Retry-After", value),)
    if form == "two":
        return (("Retry-After", value), ("Retry-After", "1"))
    # "shown": by the service's own clock, which is a day off and in the answer.
    shown = now + timedelta(days=1) if form == "shown" else now
    moment = format_datetime(
        shown.replace(microsecond=0) + timedelta(seconds=int(value)), usegmt=True
    )
    date = (("Date", format_datetime(shown, usegmt=True)),) if form == "shown" else ()
    return (("Retry-After", moment), *date)


_RESET = Urllib3ProtocolError("aborted", ConnectionResetError("reset"))
_BROKEN = Urllib3ProtocolError("broken", BadStatusLine("nonsense"))


def _refuse(turn: Turn) -> Played:
    refused = NewConnectionError(None, "refused")  # type: ignore[arg-type]  # none is needed
    return Fails(requests.ConnectionError(refused), turn.after_s)


def _reset(turn: Turn) -> Played:
    return Fails(requests.ConnectionError(_RESET), turn.after_s)


def _reset_before_sending(turn: Turn) -> Played:
    if exchange := current.get():
        exchange.sent = False
    return _reset(turn)


def _connect_timeout(turn: Turn) -> Played:
    exchange = current.get()
    return Fails(ConnectTimeout("black hole"), exchange.connect_s if exchange else 0.0)


def _read_timeout(turn: Turn) -> Played:
    exchange = current.get()
    if exchange is not None:
        exchange.connected = True
    return Fails(ReadTimeout("late"), exchange.limit_s if exchange else 0.0)


def _drip(turn: Turn) -> Played:
    if exchange := current.get():
        exchange.begun = True
    return _read_timeout(turn)


def _break_http(turn: Turn) -> Played:
    return Fails(requests.ConnectionError(_BROKEN), turn.after_s)


def _crash(turn: Turn) -> Played:
    return Fails(Crash("a mistake"), turn.after_s)


def _interrupt(turn: Turn) -> Played:
    return Fails(Interrupt(), turn.after_s)


_FAILURES: dict[str, Callable[[Turn], Played]] = {
    "refused": _refuse,
    "reset": _reset,
    "reset_before_sending": _reset_before_sending,
    "connect_timeout": _connect_timeout,
    "read_timeout": _read_timeout,
    "drips": _drip,
    "broken_http": _break_http,
    "crash": _crash,
    "interrupt": _interrupt,
}
