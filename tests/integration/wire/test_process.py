"""The proxy as a process of its own."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.wire.conftest import Connect, Server, WaitUntil

from wire import Plan, Rule, Status, read_ledger

Process = subprocess.Popen[str]
Start = Callable[..., Process]
FREE = "127.0.0.1:0"


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `python -m wire` with arguments; what still runs is killed after the test."""
    processes: list[Process] = []

    def run(*arguments: str, descriptors: int = 1024) -> Process:
        limited = ["sh", "-c", f'ulimit -Sn {descriptors}; exec "$@"', "sh"]
        command = [*limited, sys.executable, "-m", "wire", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def ready(process: Process) -> tuple[int, int]:
    """Read the line that says where it listens; returns the proxy's and the control port."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"wire: 127.0.0.1:(\d+) -> \S+, control on 127.0.0.1:(\d+)\n", line)
    assert found is not None, line
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_by_its_plan_and_leaves_its_ledger(
    server: Server, connect: Connect, start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    """Faults come from the file, entries go to the file, and a signal ends it with 0."""
    plan, ledger = tmp_path / "plan.json", tmp_path / "deep" / "ledger.jsonl"
    rules = (Rule(fault=Status(status=503), nth=(1,)),)
    plan.write_text(json.dumps(Plan(rules=rules).to_dict()))
    process = start(
        *("--listen", FREE, "--control", FREE, "--upstream", server.address),
        *("--plan", str(plan), "--ledger", str(ledger)),
    )
    port, control_port = ready(process)
    client = connect(port)
    assert [client.get("/hello")[0] for _ in range(2)] == [503, 200]
    assert connect(control_port).get("/livez")[0] == 200
    process.send_signal(number)
    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0
    assert [(e.fault, e.status) for e in read_ledger(ledger)] == [("status", 503), ("", 200)]


def test_a_request_under_way_is_entered_at_the_stop(
    server: Server, connect: Connect, start: Start, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """SIGTERM cuts off what does not end in time, and the ledger says so."""
    ledger = tmp_path / "ledger.jsonl"
    addresses = ("--listen", FREE, "--control", FREE, "--upstream", server.address)
    process = start(*addresses, "--ledger", str(ledger), "--drain-s", "0.1")
    connect(ready(process)[0]).request("GET", "/never")
    wait_until(lambda: server.seen)
    process.terminate()
    assert process.wait(10) == 0
    assert [(e.path, e.error) for e in read_ledger(ledger)] == [("/never", "proxy_stopped")]


@pytest.mark.parametrize("option", ["--listen", "--control"])
def test_a_port_in_use_is_named(start: Start, option: str) -> None:
    """It ends with 2 and a sentence that says which address and what to do."""
    other = {"--listen": "--control", "--control": "--listen"}[option]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = start(option, address, other, FREE)
        _, error = process.communicate(timeout=10)
    sentence = f"wire: {address} is in use; stop what listens there, or choose another port\n"
    assert (process.returncode, error) == (2, sentence)


def test_a_bad_plan_is_named(start: Start, tmp_path: Path) -> None:
    """It ends with 2 and says what is wrong with the plan."""
    plan = tmp_path / "plan.json"
    plan.write_text('{"rules": [{"every": true}]}')
    process = start("--listen", FREE, "--control", FREE, "--plan", str(plan))
    _, error = process.communicate(timeout=10)
    assert process.returncode == 2
    assert error.startswith("wire: rules[0] lacks fault; expected ")


def test_a_missing_plan_is_named(start: Start, tmp_path: Path) -> None:
    """It ends with 2 and names the file."""
    plan = tmp_path / "none.json"
    process = start("--listen", FREE, "--control", FREE, "--plan", str(plan))
    assert process.communicate(timeout=10)[1] == f"wire: No such file or directory: {plan}\n"
    assert process.returncode == 2


def test_it_holds_as_many_connections_as_the_system_allows(
    server: Server, connect: Connect, start: Start
) -> None:
    """A low soft limit on descriptors, as many shells set it, does not bound the clients."""
    addresses = ("--listen", FREE, "--control", FREE, "--upstream", server.address)
    port, _ = ready(start(*addresses, descriptors=40))
    clients = [connect(port) for _ in range(40)]
    assert [client.get("/hello")[0] for client in clients] == [200] * 40


def test_it_keeps_as_many_entries_as_it_is_told(
    server: Server, connect: Connect, start: Start
) -> None:
    """A small container is not filled by the ledger; what memory no longer holds is counted."""
    addresses = ("--listen", FREE, "--control", FREE, "--upstream", server.address)
    port, control_port = ready(start(*addresses, "--keep", "2"))
    client = connect(port)
    assert [client.get("/hello")[0] for _ in range(3)] == [200] * 3
    metrics = connect(control_port).get("/metrics")[2]
    assert b"wire_ledger_dropped_total 1\n" in metrics
