"""The server as a process: how it starts, refuses to start, and ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.edge_stand import Connection, http, stand

ROOT = Path(__file__).parents[3]
SERVE = """
import sys, time
from resilience.edge import Edge
from resilience.server import serve

def app(environ, start_response):
    time.sleep(0.3)
    start_response("200 OK", [("Content-Length", "4")])
    return [b"done"]

edge = Edge(app)
if __name__ == "__main__":
    serve(edge, host="127.0.0.1", port=int(sys.argv[1]), on_started=lambda p: print(p, flush=True))
"""
MORE_THAN_ONE = "The rate limits are counted in the memory of one process"


@contextmanager
def process(tmp_path: Path, *command: str, **env: str) -> Iterator["subprocess.Popen[str]"]:
    """A process with the served module at hand, ended at the end."""
    (tmp_path / "served_app.py").write_text(SERVE)
    started = subprocess.Popen(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, **env, "PYTHONPATH": f"{ROOT / 'src'}:{tmp_path}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_exits_0(tmp_path: Path, number: signal.Signals) -> None:
    """The request under way is answered in full, and the exit code is 0."""
    with process(tmp_path, "served_app.py", "0") as server:
        assert server.stdout
        port = int(server.stdout.readline())
        with Connection(port) as connection:
            connection.send(http("GET /"))
            assert not connection.readable(0.1)
            server.send_signal(number)
            reply = connection.reply()
        code = server.wait(5)
        errors = server.stderr.read() if server.stderr else ""

    assert (reply.status, reply.body, reply.headers["Connection"]) == (200, b"done", "close")
    assert (code, errors) == (0, "")


def test_a_port_in_use_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    """It says which port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with process(tmp_path, "served_app.py", str(port)) as server:
            _, errors = server.communicate(timeout=10)

    assert server.returncode == 1
    assert errors == (
        f"Port {port} on 127.0.0.1 is in use: stop what listens there, or choose another port.\n"
    )


@pytest.mark.fault(64)
def test_several_workers_are_refused_by_our_server(tmp_path: Path) -> None:
    """WEB_CONCURRENCY cannot multiply the limits in silence."""
    with process(tmp_path, "served_app.py", "0", WEB_CONCURRENCY="2") as server:
        _, errors = server.communicate(timeout=10)

    assert (server.returncode, errors.startswith(MORE_THAN_ONE)) == (1, True)


@pytest.mark.fault(64)
def test_several_workers_are_refused_under_uvicorn(tmp_path: Path) -> None:
    """`uvicorn --workers 2` ends at start-up with the reason."""
    command = ("-m", "uvicorn", "--workers", "2", "--port", "0", "served_app:edge")
    with process(tmp_path, *command) as server:
        _, errors = server.communicate(timeout=20)

    assert server.returncode is not None
    assert MORE_THAN_ONE in errors


def test_probes_are_answered_to_their_networks_only() -> None:
    """To anybody else, and for whom a proxy forwards, the paths do not exist."""
    with stand(probe_networks=("127.0.0.1/32",)) as server:
        near = server.get("/metrics", {"Accept": "application/openmetrics-text"})
        far = [server.get(p, source="127.0.9.9").status for p in ("/metrics", "/livez", "/readyz")]
        forwarded = server.get("/metrics", {"X-Forwarded-For": "198.51.100.1"}).status

    assert (near.status, near.body) == (200, b"accepts application/openmetrics-text")
    assert (far, forwarded) == ([404, 404, 404], 404)
    assert "X-RateLimit-Limit" not in near.headers


def test_a_head_request_has_the_headers_alone() -> None:
    """HEAD of a probe and of the application say how long the body would be."""
    with stand() as server, server.connect() as connection:
        replies = [connection.ask(http(f"HEAD {path}")) for path in ("/livez", "/services")]

    assert [(r.status, r.headers["Content-Length"], r.body) for r in replies] == [
        (200, "18", b""),
        (200, "12", b""),
    ]


def test_requests_in_a_pipeline_are_answered_in_order() -> None:
    """Three requests in one packet get three answers."""
    with stand() as server, server.connect() as connection:
        connection.send(http("POST /echo", body=b"1") + http("GET /livez") + http("GET /absent"))
        statuses = [connection.reply().status for _ in range(3)]

    assert statuses == [200, 200, 404]


def test_an_upgrade_is_answered_and_the_connection_ended() -> None:
    """No other protocol is spoken here, so nothing behind the request is believed."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    with stand() as server, server.connect() as connection:
        reply = connection.ask(http("GET /services", upgrade) + http("GET /livez"))
        assert (reply.status, connection.closed()) == (200, True)
