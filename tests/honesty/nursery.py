"""A process that has imported everything once, and from which the servers of each run are forked.

Sixty runs with two servers each would otherwise spend most of their time on starting Python.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.stack_process import Server

from booking.cli import cli


class Forked:
    """A process that somebody else started, with as much of Popen as the servers need."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """None while it runs; 0 afterwards, since its status went to its parent."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, 0)
            return None
        return 0

    def kill(self) -> None:
        """End it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Return when it has ended; a TimeoutError when it does not."""
        ends = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > ends:
                raise TimeoutError(f"process {self.pid} did not end within {timeout} s")
            time.sleep(0.01)
        return 0


class Nursery:
    """Forks servers; to be used in a `with` statement."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.honesty.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(
        self, words: Sequence[str], environment: Mapping[str, str], log: Path, bug: str
    ) -> int:
        """Start `tallybook WORDS` with a bug in it; its process id."""
        order = {"words": words, "environment": dict(environment), "log": str(log), "bug": bug}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        """End the nursery; its children were ended by whoever asked for them."""
        for end in (self._process.stdin, self._process.stdout):
            assert end is not None
            end.close()
        self._process.wait(10)


class Sprout(Server):
    """A server that is forked with a bug in it."""

    def __init__(self, nursery: Nursery, bug: str, *arguments: Any, **settings: Any) -> None:
        self._nursery, self._bug = nursery, bug
        super().__init__(*arguments, **settings)

    def start(self) -> None:
        """Fork it."""
        words = list(self._command)[-2:]
        self.log.touch()
        pid = self._nursery.fork(words, self._environment, self.log, self._bug)
        self.process = Forked(pid)  # type: ignore[assignment]  # as much of Popen as is needed


def _grow(order: Mapping[str, Any]) -> None:
    """Be the server that was ordered, from here on."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(order["environment"])
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if order["bug"]:
        from tests.honesty.bugs import BUGS  # only here: the suite imports both ways

        BUGS[order["bug"]].plant()
    cli(order["words"])


def main() -> None:
    """Fork one server for each line of standard input, and say its process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _grow(order)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
