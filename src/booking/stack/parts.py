"""The processes of the stack: started, waited for, watched and stopped."""

import os
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
class Part:
    """One process: how to start it, and where it says that it is ready."""

    name: str
    command: Sequence[str]
    host: str
    port: int
    setting: str
    probe_port: int
    probe_path: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.port}"


def check_port(part: Part) -> None:
    """Raise StackError when something else already listens on the part's port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((part.host, part.port))
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise StackError(
                f"Port {part.port} for the {part.name} cannot be used: {reason}."
                f" Stop what listens there, or choose another: {PREFIX}{part.setting}=PORT"
            ) from None


class Running:
    """A started part, whose output goes to a file."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part, self.log = part, log
        with log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603  # our own command line
                [sys.executable, *part.command],
                env={**os.environ, **part.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_ready(self, within_s: float = READY_WITHIN_S) -> None:
        """Return when the part answers its probe with 200. Raises StackError."""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            self.check()
            if answers(self.part.host, self.part.probe_port, self.part.probe_path):
                return
            time.sleep(0.05)
        raise StackError(
            f"The {self.part.name} was not ready within {within_s:g} s: see {self.log}"
        )

    def check(self) -> None:
        """Raise StackError when the process has ended."""
        code = self.process.poll()
        if code is not None:
            raise StackError(
                f"The {self.part.name} ended (exit status {code}). It said: {_last(self.log)}"
            )

    def stop(self, within_s: float) -> int:
        """Ask it to end, wait, and end it by force only when it does not; its exit status."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


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


def _last(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:500] if lines else f"nothing; see {log}"
