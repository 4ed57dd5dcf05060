"""A transport that plays a script instead of opening sockets."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import orjson
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.exceptions import ReadTimeout
from urllib3 import HTTPHeaderDict, HTTPResponse

from resilience.testing.clock import FakeClock

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the script.

    `json` fills body and content type. `after_s`: how long it takes, on the transport's clock;
    longer than the attempt may last, it becomes a read timeout. `headers` may be pairs, so that
    a name can come twice.
    """

    status: int = 200
    json: object = None
    body: bytes = b""
    headers: Mapping[str, str] | tuple[tuple[str, str], ...] = field(default_factory=dict)
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Fails:
    """A failure of the script: raise `error` after `after_s` seconds."""

    error: BaseException
    after_s: float = 0.0


Turn = Reply | Fails | BaseException | int | Callable[[PreparedRequest], "Turn"]
"""A turn of the script; a number is a reply with that status."""


class ScriptedTransport(BaseAdapter):
    """Answers the n-th request with the n-th turn; `sent` holds every request, in order.

    `then` is played when the script is over; without it, a further request is an
    AssertionError. Safe from any thread.
    """

    def __init__(
        self, *script: Turn, then: Turn | None = None, clock: FakeClock | None = None
    ) -> None:
        super().__init__()
        self._script = list(script)
        self._then = then
        self._clock = clock
        self._lock = threading.Lock()
        self._build = HTTPAdapter().build_response
        self.sent: list[PreparedRequest] = []

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Play the next turn; of the arguments only the time limit means anything to a script."""
        del stream, verify, cert, proxies
        turn = self._next(request)
        limit_s = timeout[1] if isinstance(timeout, tuple) else timeout
        return self._play(turn, request, limit_s)

    def close(self) -> None:
        """Nothing is open."""

    def _next(self, request: PreparedRequest) -> Turn:
        with self._lock:
            self.sent.append(request)
            turn = self._script.pop(0) if self._script else self._then
        if turn is None:
            raise AssertionError(f"the script is over: request {len(self.sent)} was not expected")
        return turn

    def _play(self, turn: Turn, request: PreparedRequest, limit_s: float | None) -> Response:
        if isinstance(turn, int):
            turn = Reply(turn)
        if isinstance(turn, BaseException):
            turn = Fails(turn)
        if isinstance(turn, Fails):
            self._pass(turn.after_s)
            raise turn.error
        if not isinstance(turn, Reply):
            return self._play(turn(request), request, limit_s)
        if limit_s is not None and turn.after_s > limit_s:
            self._pass(limit_s)
            raise ReadTimeout("the reply of the script comes too late")
        self._pass(turn.after_s)
        return self._build(request, _raw(turn))

    def _pass(self, seconds: float) -> None:
        if self._clock is not None and seconds:
            self._clock.advance(seconds)


def _raw(reply: Reply) -> HTTPResponse:
    headers = HTTPHeaderDict()
    given = reply.headers
    for name, value in given.items() if isinstance(given, Mapping) else given:
        headers.add(name, value)
    body = reply.body
    if reply.json is not None:
        body = orjson.dumps(reply.json)
        headers.setdefault("Content-Type", JSON["Content-Type"])
    return HTTPResponse(BytesIO(body), headers, reply.status, preload_content=False)
