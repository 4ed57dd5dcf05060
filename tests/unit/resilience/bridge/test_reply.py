"""What a WSGI application may and may not say."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.bridge_stand import plain, run_one

from resilience.bridge import Outcome


def test_a_whole_answer_comes_in_two_messages_with_its_length() -> None:
    """Status, headers and body come back together, with the headers of the edge behind."""
    _, client, _ = run_one(plain)

    assert client.messages == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"text/plain"),
                (b"x-many", b"1"),
                (b"x-many", b"2"),
                (b"content-length", b"7"),
                (b"x-more", b"1"),
            ],
        },
        {"type": "http.response.body", "body": b"one two"},
    ]


def test_the_answer_to_head_has_no_body() -> None:
    """Its headers are those of the application, whose length is not invented."""
    _, client, _ = run_one(plain, method="HEAD")

    assert client.answer()[2] == b""
    assert b"content-length" not in dict(client.messages[0]["headers"])


def test_an_application_that_raises_has_sent_nothing() -> None:
    """The outcome says so, and the error is told."""
    problem = RuntimeError("broken")

    def app(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        raise problem

    outcome, client, errors = run_one(app)

    assert (outcome, client.messages, errors) == (Outcome.FAILED, [], [problem])


def test_headers_may_be_replaced_after_an_error_until_the_body_begins() -> None:
    """`exc_info` lets the application change its mind."""

    def app(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("X-A", "1")])
        start("500 Oh", [("X-B", "2")], (ValueError, ValueError("x"), None))
        return [b"sorry"]

    _, client, _ = run_one(app)

    assert client.answer() == (500, [(b"x-b", b"2"), (b"x-more", b"1")], b"sorry")


def test_an_error_after_the_body_began_is_raised_to_the_application() -> None:
    """`exc_info` comes back as the exception that it is."""
    problem = ValueError("x")

    def app(environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [("Content-Length", "5")])
        yield b"begun"
        start("500 Oh", [], (ValueError, problem, None))

    outcome, _, errors = run_one(app)

    assert (outcome, errors) == (Outcome.FAILED, [problem])


@pytest.mark.parametrize(
    ("headers", "twice", "error"),
    [
        ([("Content-Length", "9")], False, "Content-Length is 9, but the body has 4 bytes"),
        ([], True, "start_response was called twice without exc_info"),
    ],
)
def test_a_broken_application_is_found_out(
    headers: list[tuple[str, str]], twice: bool, error: str
) -> None:
    """A wrong length or a second start is a failure, not a broken connection."""

    def app(environ: Any, start: Any) -> list[bytes]:
        for _ in range(1 + twice):
            start("200 OK", headers)
        return [b"four"]

    outcome, _, errors = run_one(app)

    assert (outcome, [str(e) for e in errors]) == (Outcome.FAILED, [error])


def test_an_application_that_never_starts_is_found_out() -> None:
    """Neither with a body nor without one."""
    for body in ([], [b"x"], iter([b"x"])):
        outcome, _, errors = run_one(lambda environ, start, body=body: body)
        assert outcome is Outcome.FAILED
        assert [str(e) for e in errors] == ["the application did not call start_response"]
