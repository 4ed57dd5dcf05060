"""The stack's own processes, for tests: started, asked, stopped and killed."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from tests.stack_http import ask, free_port

from resilience.telemetry.scrape import totals

KEY = "a-key-of-sixteen-letters-or-more"
ATTEMPT_S = 0.5
"""Instead of 15 s, so that a timeout costs a test half a second."""

QUICK = {
    "KEY": KEY,
    "ATTEMPT_TIMEOUT_S": str(ATTEMPT_S),
    "BACKOFF_S": "0.1",
    "BREAKER_FAILURES": "1000",
}
READY_WITHIN_S = 30.0


def environment(settings: Mapping[str, object], otel: Mapping[str, str]) -> dict[str, str]:
    """Our own environment without whatever the stack reads, and with these settings."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TALLYBOOK_", "OTEL_"))}
    return {**clean, **otel, **{f"TALLYBOOK_{k}": str(v) for k, v in settings.items()}}


def command(*words: str) -> Sequence[str]:
    """The command line of `tallybook WORDS`."""
    return (sys.executable, "-m", "booking", *words)


def until(holds: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait until it holds; an AssertionError when it never does."""
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends, f"not within {within_s} s"
        time.sleep(0.01)


class Server:
    """`tallybook serve api` or `agent` with its data, settings and log in a directory."""

    def __init__(
        self,
        what: str,
        directory: Path,
        collector: str = "",
        *,
        otel_timeout_ms: int = 10_000,
        port: int = 0,
        **settings: object,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.log = directory / f"{what}-{self.port}.jsonl"
        self.database = directory / "tallybook.db"
        otel = {
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_EXPORTER_OTLP_TIMEOUT": str(otel_timeout_ms),
        }
        if collector:
            otel["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector
        own = {"DATA": directory, f"{what.upper()}_PORT": self.port}
        self._command = command("serve", what)
        self._environment = environment({**QUICK, **own, **settings}, otel)
        self.start()

    def start(self) -> None:
        """Start the process (again); `ready` waits for it."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=output
            )

    def ready(self) -> "Server":
        """Wait until it answers its probe, and return it."""
        ends = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < ends:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if ask(self.port, "GET /readyz", user="127.0.0.1").status == 200:
                    return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"not ready: {self.log.read_text()}")

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash does."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, within_s: float = 20.0) -> int:
        """End it with SIGTERM; its exit status."""
        self.process.terminate()
        return self.process.wait(within_s)

    def metrics(self, accept: str = "text/plain") -> str:
        """The text of /metrics."""
        headers = {"Accept": accept}
        return ask(self.port, "GET /metrics", headers=headers, user="127.0.0.1").body.decode()

    def total(self, name: str, **labels: str) -> float:
        """The sum of the series of a name that have these labels."""
        return totals(self.metrics(), **labels).get(name, 0.0)

    def lines(self, event: str = "", trace_id: str = "") -> list[Mapping[str, Any]]:
        """The log lines so far, of one event and one trace if given; all are JSON objects."""
        if self.process.poll() is None:
            until(self._written)
        found = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [
            line
            for line in found
            if event in ("", line["event"]) and trace_id in ("", line.get("trace_id"))
        ]

    def _written(self) -> bool:
        """Whether no line waits to be written."""
        found = text_string_to_metric_families(self.metrics())
        logs = [s for each in found for s in each.samples if s.labels.get("signal") == "log"]
        sums = {s.name: s.value for s in logs if not s.name.startswith("telemetry_dropped")}
        dropped = sum(s.value for s in logs if s.name.startswith("telemetry_dropped"))
        return bool(sums["telemetry_made_total"] == sums["telemetry_delivered_total"] + dropped)

    def rows(self) -> list[tuple[str, str]]:
        """Confirmation and status of every appointment in the database."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute("SELECT confirmation, status FROM appointments").fetchall()

    @contextmanager
    def write_lock(self) -> Iterator[Callable[[], None]]:
        """Hold the database's write lock, as another process would; gives the way to release."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield lambda: connection.rollback()

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        """End it, whatever happened."""
        if self.process.poll() is None:
            self.kill()
