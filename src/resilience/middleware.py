"""Request ids for a WSGI application that stands without the edge."""

from collections.abc import Callable, Iterable, Iterator
from contextvars import Token
from typing import TYPE_CHECKING, Any

from resilience.arrival import ARRIVAL
from resilience.context import accept_request_id, request_id

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

_NAME = "X-Request-ID"


class RequestIDMiddleware:
    """Gives each request an id: the valid `X-Request-ID` that came with it, or a new one.

    The id is in `resilience.context.request_id` while the application answers, and goes back in
    the answer's `X-Request-ID`. Behind the edge, which does both, it does nothing.
    """

    def __init__(self, wsgi_app: "WSGIApplication") -> None:
        self._app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one WSGI request."""
        if ARRIVAL in environ:
            return self._app(environ, start_response)
        accepted = accept_request_id(environ.get("HTTP_X_REQUEST_ID"))
        token = request_id.set(accepted)
        try:
            return _Body(self._app(environ, _echoing(start_response, accepted)), token)
        except BaseException:
            request_id.reset(token)
            raise


def _echoing(start_response: "StartResponse", accepted: str) -> "StartResponse":
    def start(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        rest = [(name, value) for name, value in headers if name.lower() != _NAME.lower()]
        return start_response(status, [*rest, (_NAME, accepted)], exc_info)

    return start


class _Body:
    """The answer's body, after which the id no longer holds."""

    def __init__(self, chunks: Iterable[bytes], token: Token[str]) -> None:
        self._chunks = chunks
        self._token = token

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        try:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                close()
        finally:
            request_id.reset(self._token)
