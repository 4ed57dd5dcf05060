"""What a protected call may cost at most: its time, at a fiftieth of it, and its memory."""

import gzip
import re
import socket
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from tests.raw_server import RawServer, running

from resilience.errors import DeadlineExceeded, OutcomeUnknown, ProtocolError, RetriesExhausted
from resilience.http_client import ProtectedSession
from resilience.options import ClientOptions, RetryOptions, TimeoutOptions

MIB = 1_048_576
SCALE = 0.02
"""A second of the defaults in these tests: attempts of 0.3 s, waits of 20, 40 and 80 ms."""


def _silence(server: RawServer, sock: socket.socket, number: int) -> None:
    server.read(sock)
    sock.recv(1)


@pytest.fixture
def silent() -> Iterator[RawServer]:
    """A server that takes every request and answers none."""
    with running(_silence) as server:
        yield server


def session_to(server: RawServer, operation_s: float = 67 * SCALE) -> ProtectedSession:
    """The default policies on a faster clock, without jitter."""
    timeout = TimeoutOptions(attempt_s=15 * SCALE, connect_s=5 * SCALE, operation_s=operation_s)
    retry = RetryOptions(backoff_s=SCALE, jitter=0.0)
    return ProtectedSession(ClientOptions(base_url=server.url, timeout=timeout, retry=retry))


def told_ms(server: RawServer) -> list[int]:
    """What each request said of the time left for it."""
    found = [re.search(rb"X-Request-Timeout-Ms: (\d+)", head) for head in server.requests]
    return [int(match[1]) for match in found if match]


@pytest.mark.fault(24)
def test_the_worst_case_takes_four_attempts_and_three_waits(silent: RawServer) -> None:
    """It ends when 67 of its seconds are over, with each attempt told its time on the wire."""
    began = time.monotonic()
    with session_to(silent) as session, pytest.raises((RetriesExhausted, DeadlineExceeded)):
        session.get("/services")
    took_s = time.monotonic() - began

    assert 66 * SCALE < took_s < 67 * SCALE + 0.2
    assert told_ms(silent)[:3] == [300, 300, 300]
    assert 200 < told_ms(silent)[3] <= 300


@pytest.mark.fault(24)
def test_no_attempt_is_begun_that_cannot_end_in_time(silent: RawServer) -> None:
    """An operation of 0.5 s has one whole attempt and the rest of its time, and stops."""
    began = time.monotonic()
    with session_to(silent, 0.5) as session, pytest.raises(OutcomeUnknown):
        session.post("/appointments", json={})
    took_s = time.monotonic() - began
    first, second = told_ms(silent)

    assert (first, 100 <= second <= 180) == (300, True)
    assert 0.45 < took_s < 0.7


@pytest.mark.fault(24)
def test_a_wait_that_leaves_no_time_is_not_begun(silent: RawServer) -> None:
    """The operation ends with its first attempt, before its deadline and not after it."""
    began = time.monotonic()
    with session_to(silent, 0.315) as session, pytest.raises(DeadlineExceeded):
        session.get("/services")
    took_s = time.monotonic() - began

    assert (len(silent.requests), took_s < 0.4) == (1, True)


@pytest.mark.fault(14)
def test_a_bomb_of_a_gigabyte_takes_a_few_megabytes() -> None:
    """Unpacking stops at the cap, whatever the packed megabyte would become."""
    member = gzip.compress(b"\0" * MIB)
    bomb = member * 1024
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        sock.sendall(head % len(bomb))
        sock.sendall(bomb)

    with running(play) as server, session_to(server) as session:
        tracemalloc.start()
        with pytest.raises(ProtocolError, match="longer than 1048576 bytes"):
            session.get("/services")
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak_bytes < 8 * MIB
