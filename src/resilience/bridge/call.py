"""What crosses between the event loop and a worker thread."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resilience.bridge.stream import Stream

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

WHOLE = "resilience.answer_whole"
"""Where a server may put a `Whole` into the scope: one write in place of two messages."""

Whole = Callable[[int, Headers, bytes], bool]
"""Sends a complete answer; False, having done nothing, when it must go the long way."""

NOTHING_HIDDEN: frozenset[bytes] = frozenset()


class Call:
    """One request for the application: its body is complete, and `hidden` headers are not told.

    `extra` is added to the environ; `deadline_s`, on the monotonic clock, is when the caller
    stops waiting (None: never).
    """

    __slots__ = ("body", "deadline_s", "extra", "hidden", "scope")

    def __init__(
        self,
        scope: Scope,
        *,
        body: bytes = b"",
        hidden: frozenset[bytes] = NOTHING_HIDDEN,
        extra: Mapping[str, object] | None = None,
        deadline_s: float | None = None,
    ) -> None:
        self.scope = scope
        self.body = body
        self.hidden = hidden
        self.extra = extra or {}
        self.deadline_s = deadline_s


class Answer:
    """What the application said: a whole body, or a `stream` of it."""

    __slots__ = ("body", "headers", "status", "stream")

    def __init__(
        self,
        status: int,
        headers: list[tuple[bytes, bytes]],
        body: bytes = b"",
        stream: "Stream | None" = None,
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.stream = stream


class Expired:
    """Instead of an answer: nobody waited for it any more when its turn came."""


Result = Answer | Expired | BaseException
Deliver = Callable[[Result], None]


async def send_whole(scope: Scope, send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a complete answer, in one write if the server can."""
    whole: Whole | None = scope.get(WHOLE)
    if whole is None or not whole(status, headers, body):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
