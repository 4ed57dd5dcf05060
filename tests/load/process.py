"""One process of the stack under load: started, waited for, stopped and killed."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from socket import socket

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 30.0
PORTS = range(23_000, 24_000)


def _free_ports() -> Iterator[int]:
    while True:
        yield from (port for port in PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    with socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


_PORTS = _free_ports()


def free_port() -> int:
    """A port of the range that nothing listens on now, each time another one."""
    return next(_PORTS)


def raise_descriptor_limit() -> None:
    """Allow this process, and all that it starts, as many sockets as the system lets it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def fetch(port: int, path: str, method: str = "GET", body: bytes = b"", accept: str = "") -> bytes:
    """The body of an answer from this machine; an OSError unless it is a 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body or None, {"Accept": accept} if accept else {})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise OSError(f"{method} {path}: {answer.status} {content[:200]!r}")
        return content
    finally:
        connection.close()


def until(holds: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait until it holds; an AssertionError that says what did not come in time."""
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends, f"{what}: not within {within_s:g} s"
        time.sleep(0.02)


class Process:
    """A Python program of ours; `output` gets what it prints (a path, or a descriptor)."""

    def __init__(
        self, words: Sequence[str], output: Path | int, environment: Mapping[str, str] | None = None
    ) -> None:
        command = [sys.executable, *words]
        stream = output if isinstance(output, int) else output.open("ab")
        try:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **(environment or {})} if environment is None else environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        finally:
            if not isinstance(stream, int):
                stream.close()
        self._words, self._output = words, output

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def number(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_ready(self, port: int, path: str) -> None:
        """Wait until it answers there with 200."""
        until(lambda: self._answers(port, path), READY_WITHIN_S, f"{' '.join(self._words)} ready")

    def _answers(self, port: int, path: str) -> bool:
        assert self.running, f"{' '.join(self._words)} ended: see {self._output}"
        try:
            fetch(port, path)
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """End it with SIGKILL, as a crash does."""
        self._process.kill()
        self._process.wait(10)

    def stop(self, within_s: float = 20.0) -> int:
        """End it with SIGTERM, or by force if it does not end; its exit status."""
        self._process.terminate()
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
