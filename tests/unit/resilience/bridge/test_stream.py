"""Bodies that are sent piece by piece."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.bridge_stand import Client, bridge, run_one, scope

from resilience.bridge import Call, Outcome


def test_a_stream_waits_for_its_client() -> None:
    """The application is never more than one chunk ahead of what was sent."""
    sent: list[int] = []
    client_messages: list[Mapping[str, Any]] = []
    ahead: list[int] = []

    def app(environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        for number in range(20):
            sent.append(number)
            ahead.append(len(sent) - len(client_messages))
            yield b"%d" % number

    async def run() -> None:
        client, served = Client(), bridge(app)
        await client.receive()
        client.messages = client_messages
        await served.serve(Call(scope()), client.receive, client.send)
        served.stop(1)

    asyncio.run(run())

    assert b"".join(m.get("body", b"") for m in client_messages) == b"".join(
        b"%d" % n for n in range(20)
    )
    assert max(ahead) <= 1


def test_a_stream_ends_when_its_client_leaves() -> None:
    """The generator is closed, and its thread is free again."""
    closed = threading.Event()

    def app(environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        try:
            while True:
                yield b"more"
        finally:
            closed.set()

    outcome, client, errors = run_one(app, patience=5)

    assert (outcome, errors, closed.wait(5)) == (Outcome.ANSWERED, [], True)
    assert len(client.messages) < 20


def test_a_stream_that_breaks_is_not_taken_for_complete() -> None:
    """The error reaches the server, which cuts the connection."""

    def app(environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"begun"
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run_one(app)
