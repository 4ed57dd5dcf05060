"""Processes on a processor of their own, and what they use."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # ships no types

from .harness import Broken
from .machine import processors


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        """Processor time used up to now, by all its processes."""
        return sum(sum(each.cpu_times()[:2]) for each in self._processes())

    def memory_bytes(self) -> int:
        """Resident memory of all its processes."""
        return sum(each.memory_info().rss for each in self._processes())

    def metric(self, name: str, labels: str = "") -> float:
        """The sum of the series of a name whose labels contain this text, from `/metrics`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found = re.findall(rf"^{name}(\{{.*\}})? (\S+)$", text, re.MULTILINE)
        return sum(float(value) for series, value in found if labels in series)

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def running(
    command: Sequence[str], port: int, output: Path, environment: Mapping[str, str]
) -> Iterator[Server]:
    """Run a module with the server's processor until the block ends; raises Broken."""
    processor, _ = processors()
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=dict(environment),
            stdout=file,
            stderr=file,
            preexec_fn=lambda: os.sched_setaffinity(0, processor),
        )
    try:
        if not _answers(port, "/services", process):
            said = output.read_text(errors="replace")[-2000:]
            raise Broken(f"{command[0]} does not serve on port {port}: {said}")
        yield Server(port, psutil.Process(process.pid))
    finally:
        _stop(process)


@contextmanager
def stage() -> Iterator[tuple[ExitStack, int]]:
    """A stack that ends what was started, and the port of a collector."""
    with ExitStack() as stack:
        yield stack, _sink(stack)


def status_of(port: int, path: str = "/services") -> int:
    """The status of one GET."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _sink(stack: ExitStack) -> int:
    port = free_port()
    _, processor = processors()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sink", str(port)],
        preexec_fn=lambda: os.sched_setaffinity(0, processor),
    )
    stack.callback(_stop, process)
    if not _answers(port, "/", process):
        raise Broken("the collector did not start")
    return port


def _answers(port: int, path: str, process: "subprocess.Popen[bytes]") -> bool:
    limit_s = time.monotonic() + 30
    while time.monotonic() < limit_s and process.poll() is None:
        try:
            return status_of(port, path) > 0
        except OSError:
            time.sleep(0.1)
    return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
