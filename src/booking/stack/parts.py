"""The processes of the stack: started, waited for, watched and stopped."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from booking.settings import PREFIX

READY_WITHIN_S = 30.0


class StackError(Exception):
    """The stack cannot start or go on; the text says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Port:
    """A port that is listened on: whose it is, and which setting chooses it."""

    host: str
    number: int
    owner: str
    setting: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One process: how to start it, and where it says that it is ready.

    `command`: `-m MODULE ...` is Python of ours, anything else a program.
    """

    name: str
    command: Sequence[str]
    host: str
    port: int
    probe_host: str
    probe_port: int
    probe_path: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.port}"


def check_ports(ports: Sequence[Port]) -> None:
    """Raise StackError for the first port that two parts share or that cannot be listened on."""
    named: dict[int, Port] = {}
    for port in ports:
        other = named.setdefault(port.number, port)
        if other is not port:
            raise StackError(
                f"Port {port.number} is for the {other.owner} and for the {port.owner} at once."
                f" Choose another: {PREFIX}{port.setting}=PORT"
            )
        _check(port)


def _check(port: Port) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
        except OSError as error:
            raise StackError(_unusable(port, error)) from None


def _unusable(port: Port, error: OSError) -> str:
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"{PREFIX}HOST is {port.host!r}, which is no IPv4 address of this machine."
    free = "Stop what listens there, or choose" if error.errno == errno.EADDRINUSE else "Choose"
    return (
        f"Port {port.number} for the {port.owner} cannot be used: {os.strerror(error.errno or 0)}."
        f" {free} another: {PREFIX}{port.setting}=PORT"
    )


class Running:
    """A started part, whose output goes to a file, and which ends when we do."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part, self.log = part, log
        with log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603  # our own command line
                [sys.executable, "-m", "booking.stack.leash", *part.command],
                env={**os.environ, **part.environment},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_ready(self, within_s: float = READY_WITHIN_S) -> None:
        """Return when the part answers its probe with 200. Raises StackError."""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            self.check()
            if answers(self.part.probe_host, self.part.probe_port, self.part.probe_path):
                return
            time.sleep(0.05)
        raise StackError(
            f"The {self.part.name} was not ready within {within_s:g} s: see {self.log}"
        )

    def check(self) -> None:
        """Raise StackError when the process has ended."""
        code = self.process.poll()
        if code is not None:
            raise StackError(f"The {self.part.name} {_ended(code)}. {_said(self.log)}")

    def stop(self, within_s: float) -> int:
        """Ask it to end, wait, and end it by force only when it does not; its exit status."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()


def answers(host: str, port: int, path: str) -> bool:
    """Whether a GET is answered with 200 now."""
    connection = HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _ended(code: int) -> str:
    return f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended (status {code})"


def _said(log: Path) -> str:
    """The last line of a log that is no record but a sentence for people, and where the log is."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said = lines[-1][:500] if lines and not lines[-1].startswith("{") else ""
    return f"It said: {said} (see {log})" if said else f"Its log: {log}"
