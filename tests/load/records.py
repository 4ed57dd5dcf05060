"""The directory of one run: what its witnesses wrote, in the form that the audit reads."""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from shutil import copyfile, rmtree
from typing import Any

from booking import __version__

FOLDERS = ("ledger", "metrics", "logs", "work")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one user was told in answer to one request; times in seconds since the run began."""

    user: str
    scenario: str
    operation: str
    intended_s: float
    started_s: float
    ended_s: float
    status: int | None
    error: str
    request_id: str
    trace_id: str = ""
    confirmation: str = ""
    key: str = ""
    service_id: str = ""
    date: str = ""
    start_time: str = ""
    replayed: bool = False

    @property
    def latency_s(self) -> float:
        """From when it should have begun, so that waiting to be sent counts too."""
        return self.ended_s - self.intended_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """A time in which a fault was in force."""

    name: str
    from_s: float
    to_s: float


@dataclass(slots=True)
class Records:
    """What is known of a run while it lasts; `directory` is emptied first."""

    directory: Path
    name: str
    seed: int
    scale: str
    options: Mapping[str, object]
    canaries: Sequence[str] = ()
    told: list[Told] = field(default_factory=list)
    shades: list[Shade] = field(default_factory=list)
    residuals: list[Mapping[str, object]] = field(default_factory=list)
    expected_events: Sequence[str] = ()
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _zero_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Make the folders."""
        rmtree(self.directory, ignore_errors=True)
        for folder in FOLDERS:
            (self.directory / folder).mkdir(parents=True)

    def now_s(self) -> float:
        """Seconds since the run began."""
        return round(time.monotonic() - self._zero_s, 6)

    def next_request_id(self, user: int) -> str:
        """A request id that no other request of the run has."""
        return f"{self.name}-{user}-{next(self._numbers)}"

    def write(self, lives: Sequence[Mapping[str, Any]], hops: Sequence[Mapping[str, str]]) -> None:
        """Write run.json and users.jsonl."""
        written = {
            "format": 1,
            "name": self.name,
            "seed": self.seed,
            "version": __version__,
            "scale": self.scale,
            "started_at": self.began.isoformat(),
            "ended_at": datetime.now(UTC).isoformat(),
            "options": self.options,
            "lives": lives,
            "hops": hops,
            "faults": [asdict(shade) for shade in self.shades],
            "canaries": list(self.canaries),
            "residuals": self.residuals,
            "expected_events": list(self.expected_events),
        }
        text = json.dumps(written, indent=1, ensure_ascii=False)
        (self.directory / "run.json").write_text(text, encoding="utf-8")
        lines = (json.dumps(asdict(told), ensure_ascii=False) for told in self.told)
        with (self.directory / "users.jsonl").open("w", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in lines)

    def copy_log(self, life: str) -> None:
        """Keep the lines that a life has written so far."""
        written = self.directory / "work" / f"{life}.jsonl"
        copyfile(written, self.directory / "logs" / written.name)

    def copy_database(self, database: Path) -> None:
        """Keep a consistent copy of the database."""
        target = self.directory / "database.db"
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
