"""The ledger: one line for each request that crossed the wire."""

import json
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from wire.faults import FAULTS, Refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of one request when its exchange has ended.

    A refused connection, and a request that could not be parsed, has an entry without
    method and path. One that came when we had said the end of its connection was not forwarded
    ("crossed_end"). Of a path, what the plan's pattern hides is a digest. Bytes are those of
    bodies; times in seconds since the ledger began.
    """

    seq: int = 0  # 1-based, in the order in which exchanges ended
    connection: int
    client: str
    method: str = ""
    path: str = ""
    operation: str = ""
    request_id: str = ""
    trace_id: str = ""
    parent_span_id: str = ""
    attempt: int = 1  # 0: the header was there and was no number
    idempotency_key: str = ""  # first 16 hex digits of its SHA-256
    upstream_status: int | None = None  # None: never asked, or never answered
    status: int | None = None  # None: nothing was sent to the client
    fault: str = ""
    client_closed_early: bool = False
    request_bytes: int = 0
    response_bytes: int = 0
    started_at: str
    started_s: float
    first_byte_s: float | None = None
    ended_s: float
    error: str = ""

    def to_json(self) -> str:
        """Return the entry as one line of JSON, without a line end."""
        return json.dumps({name: getattr(self, name) for name in NAMES}, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> "Entry":
        """Read an entry back from its line; raises ValueError."""
        try:
            return cls(**json.loads(line))
        except TypeError as error:
            raise ValueError(f"not an entry of a ledger ({error}): {line[:80]!r}") from None


NAMES = tuple(field.name for field in fields(Entry))


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """Keeps entries in memory, and in a JSON-lines file when a path is given.

    path: appended to, one flushed line for each entry; `seq` begins at 1 in each life.
    capacity: entries kept in memory (default 1,000,000); older ones go and are counted in
    `dropped`. One thread appends (the proxy's); any thread may read.
    Raises OSError when the file cannot be opened; a line that cannot be written later is
    counted in `unwritten` and does not disturb the proxy.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        capacity: int = 1_000_000,
        monotonic: Callable[[], float] = time.monotonic,
        utc_now: Callable[[], datetime] = _utc_now,
    ) -> None:
        if capacity < 1:
            raise ValueError(f"capacity is {capacity}; expected at least 1; leave it out.")
        self._file = _open(Path(path)) if path is not None else None
        self._changed = threading.Condition()
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._total = 0
        self._faults: Counter[str] = Counter()
        self._unwritten = 0
        self._monotonic, self._utc_now, self._zero_s = monotonic, utc_now, monotonic()

    def now_s(self) -> float:
        """Return the seconds since the ledger began."""
        return round(self._monotonic() - self._zero_s, 6)

    def utc_now(self) -> str:
        """Return the time of day in UTC as ISO 8601."""
        return self._utc_now().isoformat(timespec="microseconds")

    def append(self, entry: Entry) -> Entry:
        """Enter `entry` under the next number, and return it with that number."""
        numbered = replace(entry, seq=self._total + 1)
        self._write(numbered)
        with self._changed:
            self._entries.append(numbered)
            self._total += 1
            self._faults[numbered.fault] += 1
            self._changed.notify_all()
        return numbered

    def _write(self, entry: Entry) -> None:
        if self._file is None:
            return
        try:
            self._file.write(entry.to_json() + "\n")
            self._file.flush()
        except (OSError, ValueError):
            self._unwritten += 1

    def entries(self, since: int = 0) -> list[Entry]:
        """Return the entries kept whose number is greater than `since`."""
        with self._changed:
            skip = max(0, since - (self._total - len(self._entries)))
            return list(islice(self._entries, skip, None))

    def wait_for(self, count: int, timeout_s: float = 5.0) -> list[Entry]:
        """Return all entries once `count` were entered; raises TimeoutError after `timeout_s`."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._total >= count, timeout_s):
                kept = ", ".join(f"{e.method} {e.path} {e.fault}".strip() for e in self._entries)
                raise TimeoutError(f"{self._total} of {count} entries after {timeout_s} s: {kept}")
        return self.entries()

    @property
    def total(self) -> int:
        """How many entries were made, kept or not."""
        return self._total

    @property
    def dropped(self) -> int:
        """How many entries memory no longer holds."""
        with self._changed:
            return self._total - len(self._entries)

    @property
    def unwritten(self) -> int:
        """How many lines could not be written to the file."""
        return self._unwritten

    def faults(self) -> dict[str, int]:
        """Return how often each fault was injected; every fault is there, at 0 from the start."""
        with self._changed:
            return {name: self._faults[name] for name in FAULTS}

    def summary(self) -> dict[str, Any]:
        """Return the totals as JSON members; `requests` leaves refused connections out."""
        faults = self.faults()
        return {
            "entries": self._total,
            "requests": self._total - faults[Refuse.name],
            "dropped": self.dropped,
            "unwritten": self._unwritten,
            "faults": faults,
        }

    def close(self) -> None:
        """Close the file; the entries in memory stay."""
        if self._file is not None:
            self._file.close()


def _open(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))  # paths may open what they name
    file = path.open("a", encoding="utf-8")
    if file.tell() and not _ends_with_a_line(path):
        file.write("\n")  # a life that was killed left half a line
    return file


def _ends_with_a_line(path: Path) -> bool:
    with path.open("rb") as written:
        written.seek(-1, os.SEEK_END)
        return written.read() == b"\n"


def read_ledger(path: str | Path) -> list[Entry]:
    """Read the entries of a ledger's file, in order.

    Half a last line, left by a process that was killed, is skipped.
    Raises ValueError that names any other bad line, OSError when there is no such file.
    """
    text = Path(path).read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1]
    return list(_parse(complete.splitlines(), str(path)))


def _parse(lines: list[str], path: str) -> Iterator[Entry]:
    for number, line in enumerate(lines, 1):
        try:
            yield Entry.from_json(line)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
