"""The protected session against servers that misbehave, over real sockets."""

import gzip
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from requests.adapters import HTTPAdapter
from tests.raw_server import OK, RawServer, answer_all, running

from resilience.declare import Event
from resilience.errors import (
    CircuitBreakerOpen,
    OutcomeUnknown,
    ProtocolError,
    RetriesExhausted,
)
from resilience.events import AttemptFinished
from resilience.http_client import ProtectedSession, read_json
from resilience.options import BreakerOptions, ClientOptions, RetryOptions, TimeoutOptions

QUICK = RetryOptions(backoff_s=0.01)
MIB = 1_048_576


def session_to(url: str, emit: list[Event] | None = None, **options: object) -> ProtectedSession:
    """A session with short waits."""
    chosen = {"retry": QUICK, "base_url": url, **options}
    events: list[Event] = [] if emit is None else emit
    return ProtectedSession(ClientOptions(**chosen), emit=events.append)  # type: ignore[arg-type]  # checked by the options


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.mark.fault(1)
def test_a_closed_port() -> None:
    """Four refused connections, and the list of them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with session_to(f"http://127.0.0.1:{port}") as session, pytest.raises(RetriesExhausted) as end:
        session.post("/appointments", json={})
    assert [a.error_type for a in end.value.attempts] == ["connection"] * 4


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 201 Cre",
        b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
@pytest.mark.parametrize("how", ["end", "reset"])
@pytest.mark.fault(5, 6)
def test_an_answer_cut_off_anywhere_is_never_a_success(start: bytes, how: str) -> None:
    """The same key is sent again, and the second answer is the one that counts."""

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        sock.sendall(start if number == 1 else OK)
        if how == "reset" and number == 1:
            time.sleep(0.02)
            _reset(sock)

    with running(play) as server, session_to(server.url) as session:
        assert read_json(session.post("/appointments", json={"a": 1})) == {}
    keys = {h for r in server.requests for h in r.split(b"\r\n") if h.startswith(b"Idempotency")}
    assert (len(server.requests), len(keys)) == (2, 1)


@pytest.mark.fault(5)
def test_answers_cut_off_to_the_end_leave_the_outcome_unknown() -> None:
    """A POST of which no answer arrived whole is neither a success nor a clean failure."""

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        sock.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{")

    with (
        running(play) as server,
        session_to(server.url) as session,
        pytest.raises(OutcomeUnknown),
    ):
        session.post("/appointments", json={})
    assert len(server.requests) == 4


@pytest.mark.fault(7)
def test_idle_connections_are_dropped_before_the_server_does() -> None:
    """A connection is used again while it is fresh, and not after it idled too long."""
    events: list[Event] = []
    with (
        running(answer_all) as server,
        session_to(server.url, events, idle_connection_s=0.1) as session,
    ):
        session.get("/a")
        session.get("/b")
        time.sleep(0.15)
        session.get("/c")
        assert server.connections == 2
    told = [event.connection_reused for event in events if isinstance(event, AttemptFinished)]
    assert told == [False, True, False]


@pytest.mark.fault(7)
def test_a_kept_connection_that_the_server_drops() -> None:
    """A request on a connection that dies under it is sent again with the same key."""

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        sock.sendall(OK)
        if number > 1:
            answer_all(server, sock, number)
        server.read(sock)

    events: list[Event] = []
    with running(play) as server, session_to(server.url, events) as session:
        session.get("/a")
        assert session.post("/appointments", json={}).status_code == 200
    told = [e.connection_reused for e in events if isinstance(e, AttemptFinished)]
    assert told == [False, True, False]


@pytest.mark.fault(13)
def test_a_redirect_to_another_host_gets_nothing() -> None:
    """Nothing of a request goes where a redirect points."""

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        sock.sendall(
            b"HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: "
            + elsewhere.url.encode()
            + b"/\r\n\r\n"
        )

    with running(answer_all) as elsewhere, running(play) as server, session_to(server.url) as s:
        with pytest.raises(ProtocolError):
            s.post("/appointments", json={"secret": True})
        assert (len(server.requests), elsewhere.connections) == (1, 0)


@pytest.mark.parametrize("kind", ["length", "chunked", "gzip", "endless"])
@pytest.mark.fault(14)
def test_too_long_a_body_is_refused(kind: str) -> None:
    """At most 1 MiB is kept, counted after unpacking."""
    bomb = gzip.compress(b"\0" * 64 * MIB)

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        if kind == "gzip":
            head += b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
            sock.sendall(head + bomb)
            return
        framing = b"Transfer-Encoding: chunked" if kind == "chunked" else b"Connection: close"
        if kind == "length":
            framing = b"Content-Length: 1073741824"
        sock.sendall(head + framing + b"\r\n\r\n")
        chunk = b" " * 65536
        while True:
            sock.sendall(b"10000\r\n" + chunk + b"\r\n" if kind == "chunked" else chunk)

    with running(play) as server, session_to(server.url) as session:
        with pytest.raises(ProtocolError, match="longer than 1048576 bytes"):
            session.get("/services")
        assert len(server.requests) == 1


@pytest.mark.fault(14)
def test_a_body_of_exactly_the_cap_is_read() -> None:
    """The cap itself is allowed."""
    body = b" " * (MIB - 2) + b"{}"

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        while server.read(sock):
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with running(play) as server, session_to(server.url) as session:
        assert [len(session.get("/a").content) for _ in range(2)] == [MIB, MIB]
        assert server.connections == 1


@pytest.mark.fault(14)
def test_what_is_not_http_is_a_protocol_error() -> None:
    """A port that speaks something else is not called again by a safe request."""

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    with (
        running(play) as server,
        session_to(server.url) as session,
        pytest.raises(ProtocolError),
    ):
        session.get("/services")


@pytest.mark.fault(15)
def test_the_environment_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Proxies, passwords and certificates of the environment change nothing."""
    (tmp_path / ".netrc").write_text("default login a password b")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    with running(answer_all) as server, session_to(server.url) as session:
        assert session.get("/services").status_code == 200
    assert b"authorization" not in server.requests[0].lower()


@pytest.mark.fault(16)
def test_exactly_four_sends_reach_the_wire() -> None:
    """Three retries are four requests, never sixteen, and each says which attempt it is."""

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        while server.read(sock):
            sock.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")

    with (
        running(play) as server,
        session_to(server.url) as session,
        pytest.raises(RetriesExhausted),
    ):
        session.get("/services", request_id="req-1")
    marks = [
        [h for h in r.split(b"\r\n") if h.startswith((b"X-Request-Attempt", b"X-Request-ID"))]
        for r in server.requests
    ]
    head = b"X-Request-ID: req-1"
    attempts = [[head, b"X-Request-Attempt: %d" % n] for n in (2, 3, 4)]
    assert marks == [[head], *attempts]


@pytest.mark.fault(16)
def test_a_second_layer_of_retries_is_refused() -> None:
    """An adapter that retries by itself is refused when the session is made."""
    with pytest.raises(ValueError, match="retries by itself"):
        ProtectedSession(transport=HTTPAdapter(max_retries=3))


@pytest.mark.fault(18)
def test_one_probe_on_the_wire() -> None:
    """Of 200 threads that call at the end of the rest, one sends; the others fail at once."""
    release = threading.Event()

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        if number > 1:
            release.wait(10)
        sock.sendall(OK if number > 1 else b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")

    ends: list[str] = []
    barrier = threading.Barrier(200)

    def call(session: ProtectedSession) -> None:
        barrier.wait()
        try:
            ends.append(str(session.get("/services").status_code))
        except CircuitBreakerOpen:
            ends.append("open")
            if len(ends) == 199:
                release.set()

    breaker = BreakerOptions(failure_threshold=1, open_for_s=0.1)
    with running(play) as server, session_to(server.url, breaker=breaker) as session:
        with pytest.raises(CircuitBreakerOpen):
            session.get("/services")
        time.sleep(0.11)
        threads = [threading.Thread(target=call, args=(session,)) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert session.breaker.state == "closed"
    assert (ends.count("open"), ends[-1], len(server.requests)) == (199, "200", 2)


@pytest.mark.fault(19)
def test_a_probe_that_hangs_is_cut_off_and_another_may_follow() -> None:
    """A hanging probe ends with its attempt's time, and the circuit closes at the next."""

    def play(server: RawServer, sock: socket.socket, number: int) -> None:
        server.read(sock)
        if number == 1:
            _reset(sock)
        elif number == 2:
            sock.recv(1)
        else:
            sock.sendall(OK)

    with (
        running(play) as server,
        session_to(
            server.url,
            retry=RetryOptions(max_retries=0),
            timeout=TimeoutOptions(attempt_s=0.2),
            breaker=BreakerOptions(failure_threshold=1, open_for_s=0.05),
        ) as session,
    ):
        for _ in range(2):
            with pytest.raises(RetriesExhausted):
                session.get("/services")
            time.sleep(0.06)
        assert session.get("/services").status_code == 200
        assert session.breaker.state == "closed"
