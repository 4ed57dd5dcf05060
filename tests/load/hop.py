"""A hop: a wire proxy in front of a service, a process of its own with its own ledger."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.load.process import Process, fetch, free_port

from booking.stack.plan import PATTERNS
from wire import Entry, Pattern, Plan, Rule, read_ledger

NAMED = (*PATTERNS, Pattern(name="book_appointment", method="POST", path="/book"))


@dataclass(slots=True, kw_only=True)
class Hop:
    """`client` and `server` are services; "" are the users."""

    name: str
    client: str
    server: str
    port: int = field(default_factory=free_port)
    control: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def url(self) -> str:
        """Where the client of the hop sends its requests."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, upstream: int, directory: Path) -> None:
        """Stand in front of the server; each client keeps its own address."""
        words = (
            f"--listen=127.0.0.1:{self.port}",
            f"--upstream=127.0.0.1:{upstream}",
            f"--control=127.0.0.1:{self.control}",
            f"--ledger={directory / 'work' / self.name}.ledger",
            "--drain-s=0",
            "--bind-client-address",
        )
        log = directory / "work" / f"{self.name}.log"
        self.process = Process(["-m", "wire", *words], log)

    def wait_ready(self) -> None:
        """Wait until it carries requests, and name their operations."""
        assert self.process is not None
        self.process.wait_ready(self.control, "/livez")
        self.plan()

    def plan(self, *rules: Rule, seed: int = 0) -> None:
        """Put these faults in force from now on; none takes them all away."""
        plan = Plan(rules=rules, operations=NAMED, seed=seed)
        fetch(self.control, "/plan", "PUT", json.dumps(plan.to_dict()).encode())

    @property
    def summary(self) -> Mapping[str, Any]:
        """The ledger's totals, and how many requests are in progress."""
        found: Mapping[str, Any] = json.loads(fetch(self.control, "/ledger/summary"))
        return found

    def stop(self) -> None:
        """End the proxy."""
        if self.process is not None and self.process.running:
            assert self.process.stop() == 0

    def to_dict(self) -> Mapping[str, str]:
        """As it stands in run.json."""
        return {"name": self.name, "client": self.client, "server": self.server}


def write_ledger(work: Path, ledger: Path, began: datetime) -> None:
    """Copy a ledger with its times counted from `began`, as all times of a run are."""
    entries = read_ledger(work) if work.exists() else []
    with ledger.open("w", encoding="utf-8") as out:
        out.writelines(f"{entry.to_json()}\n" for entry in _rebased(entries, began))


def _rebased(entries: list[Entry], began: datetime) -> Iterator[Entry]:
    if not entries:
        return
    first = entries[0]
    later_s = (datetime.fromisoformat(first.started_at) - began).total_seconds() - first.started_s
    for entry in entries:
        yield replace(
            entry,
            started_s=_later(entry.started_s, later_s),
            ended_s=_later(entry.ended_s, later_s),
            first_byte_s=entry.first_byte_s and _later(entry.first_byte_s, later_s),
        )


def _later(at_s: float, by_s: float) -> float:
    return round(at_s + by_s, 6)


def wait_carried(hops: list[Hop], within_s: float) -> None:
    """Wait until no hop has a request in progress."""
    ends = time.monotonic() + within_s
    for hop in hops:
        while hop.summary["in_progress"]:
            assert time.monotonic() < ends, f"{hop.name}: {hop.summary}"
            time.sleep(0.05)
