"""Request ids without the edge."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from resilience.arrival import ARRIVAL
from resilience.context import request_id
from resilience.middleware import RequestIDMiddleware


class App:
    """Answers with the id that it runs under; `fails` makes it raise instead."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.closed = False

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        if self.fails:
            raise RuntimeError("broken")
        start("200 OK", [("x-request-id", "its own"), ("X-A", "1")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield request_id.get().encode()

    def close(self) -> None:
        self.closed = True


def served(app: App, environ: dict[str, Any]) -> tuple[list[tuple[str, str]], bytes]:
    """The headers and the body of one answer."""
    sent: list[tuple[str, str]] = []
    body = RequestIDMiddleware(app)(environ, lambda status, headers, exc=None: sent.extend(headers))  # type: ignore[arg-type]  # needs no write
    content = b"".join(body)
    if hasattr(body, "close"):
        body.close()
    return sent, content


def test_a_valid_id_holds_while_the_answer_is_made_and_goes_back_with_it() -> None:
    """Also in a body that is made later; afterwards it is gone."""
    app = App()
    headers, body = served(app, {"HTTP_X_REQUEST_ID": "mine-1"})

    assert (headers, body) == ([("X-A", "1"), ("X-Request-ID", "mine-1")], b"mine-1")
    assert (request_id.get(), app.closed) == ("", True)


@pytest.mark.parametrize("environ", [{}, {"HTTP_X_REQUEST_ID": "not valid"}])
def test_without_a_valid_id_one_is_made(environ: dict[str, str]) -> None:
    """It has the form of our own ids."""
    headers, body = served(App(), environ)

    assert re.fullmatch(rb"req-[0-9a-f]{12}", body)
    assert headers[-1] == ("X-Request-ID", body.decode())


def test_an_application_that_raises_leaves_no_id_behind() -> None:
    """The error passes through."""
    with pytest.raises(RuntimeError, match="broken"):
        served(App(fails=True), {})

    assert request_id.get() == ""


def test_behind_the_edge_it_does_nothing() -> None:
    """The edge has set the id, and will echo it."""
    headers, body = served(App(), {ARRIVAL: object(), "HTTP_X_REQUEST_ID": "mine-1"})

    assert (headers, body) == ([("x-request-id", "its own"), ("X-A", "1")], b"")
