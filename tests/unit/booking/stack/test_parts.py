"""Tests of `booking.stack.parts`, with parts that are one line of Python."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from booking.stack.parts import Part, Port, Running, StackError, check_ports

Start = Callable[[str], Running]


def port(number: int, owner: str = "part", host: str = "127.0.0.1") -> Port:
    """A port that PART_PORT chooses."""
    return Port(host=host, number=number, owner=owner, setting=f"{owner.upper()}_PORT")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a part that runs some code and listens nowhere; each is ended."""
    started = []
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)

    def begin(code: str) -> Running:
        (tmp_path / "some_code.py").write_text(code)
        part = Part(
            name="part",
            command=("-m", "some_code"),
            host="127.0.0.1",
            port=1,
            probe_host="127.0.0.1",
            probe_port=1,
            probe_path="/readyz",
        )
        started.append(Running(part, tmp_path / "part.jsonl"))
        return started[-1]

    yield begin
    for running in started:
        running.process.kill()
        running.stop(5)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_free_ports_pass() -> None:
    """Ports that differ and are free are no error, and are free afterwards."""
    number = free_port()
    check_ports([port(number)])
    with socket.create_server(("127.0.0.1", number)):
        pass


def test_taken_port_is_told_with_its_setting() -> None:
    """The sentence has the port, whose it would be, the reason and what chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        with pytest.raises(StackError) as raised:
            check_ports([port(number)])
    assert str(raised.value) == (
        f"Port {number} for the part cannot be used: Address already in use."
        " Stop what listens there, or choose another: TALLYBOOK_PART_PORT=PORT"
    )


def test_one_port_for_two_is_told() -> None:
    """Two parts on one port are refused, though the port is free."""
    number = free_port()
    with pytest.raises(StackError) as raised:
        check_ports([port(number, "api"), port(number, "agent")])
    assert str(raised.value) == (
        f"Port {number} is for the api and for the agent at once."
        " Choose another: TALLYBOOK_AGENT_PORT=PORT"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "::1"])
def test_host_of_another_machine_is_told(host: str) -> None:
    """An address that cannot be listened on is the fault of the host, not of the port."""
    with pytest.raises(StackError) as raised:
        check_ports([port(free_port(), host=host)])
    assert str(raised.value) == (
        f"TALLYBOOK_HOST is {host!r}, which is no IPv4 address of this machine."
    )


def test_part_that_ended_is_told_with_its_last_words(start: Start, tmp_path: Path) -> None:
    """The sentence has the status, what the part said last, and where the rest is."""
    running = start("import sys; sys.exit('no such file')")
    running.process.wait()
    with pytest.raises(StackError) as raised:
        running.check()
    assert str(raised.value) == (
        f"The part ended (status 1). It said: no such file (see {tmp_path}/part.jsonl)"
    )


def test_killed_part_is_told_by_its_signal(start: Start, tmp_path: Path) -> None:
    """A signal has its name; a record of something else is not taken for last words."""
    running = start("import os; print('{}', flush=True); os.kill(os.getpid(), 9)")
    running.process.wait()
    with pytest.raises(StackError) as raised:
        running.check()
    assert str(raised.value) == f"The part was killed (SIGKILL). Its log: {tmp_path}/part.jsonl"


def test_part_that_is_never_ready_is_told(start: Start, tmp_path: Path) -> None:
    """Waiting ends after its time, with where to look."""
    running = start("import time; time.sleep(60)")
    with pytest.raises(StackError) as raised:
        running.wait_ready(0)
    assert str(raised.value) == f"The part was not ready within 0 s: see {tmp_path}/part.jsonl"


def test_part_that_runs_is_no_error_and_ends_when_told(start: Start) -> None:
    """Checking a running part does nothing; stopping it gives its exit status."""
    running = start("import time; print(1, flush=True); time.sleep(60)")
    while not running.log.read_text():
        running.check()
    running.check()
    assert (running.stop(5), running.process.poll()) == (-15, -15)


def test_part_that_does_not_listen_is_ended_by_force(start: Start) -> None:
    """A part that ignores SIGTERM is killed after its time."""
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True)"
    running = start(f"{deaf}; time.sleep(60)")
    while not running.log.read_text():
        assert running.process.poll() is None
    assert running.stop(0.01) == -9
