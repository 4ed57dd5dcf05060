"""Attempts are cut off on the clock, over real sockets, and leave nothing behind."""

import gc
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.raw_server import Play, RawServer, running

from resilience.declare import Event
from resilience.errors import DeadlineExceeded, ResilienceError, RetriesExhausted
from resilience.events import AttemptFinished, Phase, TimedOut
from resilience.http_client import ProtectedSession
from resilience.options import ClientOptions, RetryOptions, TimeoutOptions

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Call:
    """One call with a limit of 0.3 s for an attempt and no retries."""

    def __init__(self, url: str, attempt_s: float = 0.3, retries: int = 0, **kwargs: Any) -> None:
        self.events: list[Event] = []
        options = ClientOptions(
            base_url=url,
            timeout=TimeoutOptions(attempt_s=attempt_s, connect_s=attempt_s),
            retry=RetryOptions(max_retries=retries, backoff_s=0.05),
        )
        with ProtectedSession(options, emit=self.events.append) as session:
            began = time.monotonic()
            try:
                session.get("/services", **kwargs)
                self.error: ResilienceError | None = None
            except ResilienceError as error:
                self.error = error
            self.took_s = time.monotonic() - began

    def phases(self) -> list[Phase]:
        """The phases that the timeouts were told for."""
        return [event.phase for event in self.events if isinstance(event, TimedOut)]


def _silence(server: RawServer, sock: socket.socket, number: int) -> None:
    server.read(sock)
    sock.recv(1)


def _drip(start: bytes, rest: bytes) -> Play:
    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        sock.sendall(start)
        for n in range(100):
            time.sleep(0.05)
            sock.sendall(rest[n % len(rest) :][:1])

    return play


@pytest.mark.parametrize(
    ("play", "phase"),
    [
        (_silence, Phase.READ),
        (_drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b"), Phase.TOTAL),
        (_drip(HEAD + b"Content-Length: 1000\r\n\r\n", b" "), Phase.TOTAL),
        (_drip(HEAD + b"Connection: close\r\n\r\n", b" "), Phase.TOTAL),
        (_drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), Phase.TOTAL),
    ],
    ids=["silence", "headers", "body", "body to the end of the stream", "chunks"],
)
@pytest.mark.fault(3, 4)
def test_an_attempt_ends_on_the_clock(play: Play, phase: Phase) -> None:
    """Whatever drips, the attempt is cut off at its limit, and it is told how far it got."""
    with running(play) as server:
        call = Call(server.url)
    assert isinstance(call.error, RetriesExhausted)
    assert (call.phases(), 0.28 < call.took_s < 0.6) == ([phase], True)


@pytest.mark.fault(3)
def test_a_listener_that_never_accepts() -> None:
    """A stopped server, whose kernel still takes connections, is a read timeout."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        call = Call(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert (call.phases(), 0.28 < call.took_s < 0.6) == ([Phase.READ], True)


def _held() -> tuple[int, int]:
    """Threads and descriptors of this process."""
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.fault(4)
def test_nothing_is_left_behind() -> None:
    """After calls that were cut off there are no more threads and descriptors than before."""
    gc.collect()
    before = _held()
    for _ in range(3):
        with running(_silence) as server:
            Call(server.url, attempt_s=0.1)
    assert _held() == before


@pytest.mark.fault(24)
def test_the_deadline_holds_over_attempts_and_waits() -> None:
    """Attempts and waits together end at the deadline of the operation."""
    with running(_silence) as server:
        call = Call(server.url, retries=3, deadline_s=0.8)
    assert isinstance(call.error, DeadlineExceeded)
    assert 0.7 < call.took_s < 1.1
    assert call.phases()[-1] in (Phase.DEADLINE, Phase.READ)
    sent = sum(isinstance(event, AttemptFinished) for event in call.events)
    assert sent == len(server.requests) == len(call.error.attempts)
