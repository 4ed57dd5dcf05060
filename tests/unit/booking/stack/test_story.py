"""Tests of `booking.stack.story`, with an agent that is one handler."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from booking.stack.parts import Part, StackError
from booking.stack.story import Booked, book_one, fetch, own_address

Asked = list[tuple[str, dict[str, Any]]]


@contextmanager
def agent(status: int, body: bytes, asked: Asked | None = None) -> Iterator[Part]:
    """An agent that gives everybody one answer, and lists who asked for what."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            (asked if asked is not None else []).append((self.client_address[0], json.loads(sent)))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("X-Trace-Id", "a" * 32)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield part(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def part(port: int) -> Part:
    """The part that listens there."""
    return Part(
        name="agent",
        command=(),
        host="127.0.0.1",
        port=port,
        probe_host="127.0.0.1",
        probe_port=port,
        probe_path="/readyz",
    )


def test_tomorrow_at_nine_or_the_next_is_booked_by_a_user_of_its_own() -> None:
    """The wish may be any free start, and comes from an address that nobody else uses."""
    asked: Asked = []
    with agent(201, b'{"appointment": {"status": "confirmed"}}', asked) as there:
        booked = book_one(there, 5)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert booked == Booked({"status": "confirmed"}, "a" * 32, booked.took_s)
    assert [(user, wish["date"], wish["on_taken"]) for user, wish in asked] == [
        (own_address("127.0.0.1") or "127.0.0.1", tomorrow, "take")
    ]


def test_refusal_is_told_in_the_agents_words() -> None:
    """An answer other than 201 ends the run with its sentence."""
    with agent(503, b'{"error": "Resting."}') as there, pytest.raises(StackError) as raised:
        book_one(there, 5)
    assert str(raised.value) == "The agent could not book: Resting."


@pytest.mark.parametrize("ask", [lambda p: book_one(p, 5), lambda p: fetch(p, "/metrics")])
def test_agent_that_is_gone_is_told(ask: Callable[[Part], object]) -> None:
    """Without an answer the run ends with a sentence, not with a traceback."""
    with agent(200, b"") as there:
        pass
    with pytest.raises(StackError) as raised:
        ask(there)
    assert str(raised.value) == (
        "The agent gave no proper answer (ConnectionRefusedError); its log says more."
    )


def test_answer_that_is_no_json_is_told() -> None:
    """Text instead of an appointment ends the run with a sentence."""
    with agent(201, b"<html>") as there, pytest.raises(StackError) as raised:
        book_one(there, 5)
    assert (
        str(raised.value) == "The agent gave no proper answer (JSONDecodeError); its log says more."
    )


def test_texts_are_fetched() -> None:
    """What a part answers to a GET is its text."""
    with agent(200, "x_total 1 é\n".encode()) as there:
        assert fetch(there, "/metrics") == "x_total 1 é\n"


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1"])
def test_no_loopback_address_calls_another_host(host: str) -> None:
    """The user of its own exists only where the stack listens on loopback."""
    assert own_address(host) == ""
