"""Programs that a test starts beside our own: waited for, watched and ended."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import urlopen


class Process:
    """A running program whose output goes to a file; `ready` waits for its probe."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        probe: str,
        directory: Path,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.name, self.probe, self.directory = name, probe, directory
        self.output = directory / f"{name}.out"
        self._command = [str(word) for word in command]
        self._environment = {**os.environ, **(variables or {})}
        self.start()

    def start(self) -> None:
        """Start it (again)."""
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def ready(self, within_s: float = 60.0) -> None:
        """Wait until the probe is answered with 200; an AssertionError tells what it said."""
        ends = time.monotonic() + within_s
        while not self._answers():
            assert self._process.poll() is None, f"{self.name} ended: {self.said()}"
            assert time.monotonic() < ends, f"{self.name} was not ready: {self.said()}"
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def said(self) -> str:
        """The end of its output."""
        return self.output.read_text(encoding="utf-8", errors="replace")[-3000:]

    def stop(self, within_s: float = 20.0) -> None:
        """End it; by force when it does not."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within_s)
            return
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with suppress(URLError, OSError), urlopen(self.probe, timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        """End it, whatever happened."""
        self.stop()
