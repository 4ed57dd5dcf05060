"""Reads the directory of a run into books."""

import gc
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.attributes import attempt, operation, request_served
from audit.books import DATABASE, LEDGER, LOGS, METRICS, SPANS, USERS, Books
from audit.catalogue import Catalogue
from audit.records import Line, Span
from audit.run import Run, read_run
from audit.sources.ledger import read_ledger
from audit.sources.lines import objects
from audit.sources.metrics import read_scrapes
from audit.sources.spans import read_spans
from audit.sources.users import read_users
from audit.strings import Strings

_IDS = re.compile(r"[0-9a-f]{48}")


def read_books(directory: Path, catalogue: Catalogue | None = None) -> Books:
    """The books of the run in a directory. Raises Unreadable, which names file and line."""
    run = read_run(directory)
    reader = _Reader(run, catalogue or Catalogue())
    with _calm():
        return reader.read()


@contextmanager
def _calm() -> Iterator[None]:
    """A million small records are made and none is let go: nothing for the collector to find."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Reader:
    def __init__(self, run: Run, catalogue: Catalogue) -> None:
        self._run, self._catalogue = run, catalogue
        self._began_s = run.began_s
        self._kept: dict[Any, Any] = {}
        self._books = Books(run=run, catalogue=catalogue, database=_database(run.directory))
        self._missing: dict[str, str] = {}
        self._strings = Strings() if run.canaries else None

    def read(self) -> Books:
        books, folder = self._books, self._run.directory
        books.missing = self._missing
        books.strings = self._strings or Strings()
        self._read_scrapes(folder / "metrics")
        self._read_ledgers(folder / "ledger")
        self._read_logs(folder / "logs")
        self._read_spans(folder / "spans.jsonl")
        if not self._run.lives:
            self._missing[METRICS] = self._missing[LOGS] = "run.json names no lives"
        if (folder / "users.jsonl").exists():
            books.users = list(read_users(folder / "users.jsonl"))
        else:
            self._missing[USERS] = "there is no users.jsonl"
        if books.database is None:
            self._missing[DATABASE] = "there is no database.db"
        self._kept.clear()
        return books

    def _keep(self, text: str) -> str:
        found: str = self._kept.setdefault(text, text)
        return found

    def _lack(self, source: str, what: list[str], where: str) -> None:
        if what:
            self._missing[source] = f"there is no {where}/{', '.join(what)}"

    def _read_scrapes(self, folder: Path) -> None:
        found = {life.name: read_scrapes(folder / life.name) for life in self._run.lives}
        self._books.scrapes = {life: scrapes for life, scrapes in found.items() if scrapes}
        silent = [life for life, scrapes in found.items() if not scrapes]
        if silent:
            self._missing[METRICS] = f"there are no samples in metrics/{', '.join(silent)}"

    def _read_ledgers(self, folder: Path) -> None:
        there = [h.name for h in self._run.hops if (folder / f"{h.name}.jsonl").exists()]
        self._books.crossings = {
            hop: list(read_ledger(folder / f"{hop}.jsonl", hop, self._began_s, self._keep))
            for hop in there
        }
        absent = [f"{h.name}.jsonl" for h in self._run.hops if h.name not in there]
        self._lack(LEDGER, absent, "ledger")
        if not self._run.hops:
            self._missing[LEDGER] = "run.json names no hops"

    def _read_logs(self, folder: Path) -> None:
        lines: dict[str, list[Line]] = defaultdict(list)
        absent = []
        for life in self._run.lives:
            path = folder / f"{life.name}.jsonl"
            if path.exists():
                self._read_log(path, life.name, lines)
            else:
                absent.append(path.name)
        self._books.lines = dict(lines)
        self._lack(LOGS, absent, "logs")

    def _read_log(self, path: Path, life: str, lines: dict[str, list[Line]]) -> None:
        torn, count, events = 0, 0, self._catalogue.events

        def skip(number: int, line: bytes) -> None:
            nonlocal torn
            torn += bool(line.strip())
            if self._strings is not None:
                self._strings.add(line.decode("utf-8", "replace"), path, number)

        for number, line in objects(path, skip):
            count += 1
            form = events.get(line.get("event", ""))
            labels = self._kept_row(form.of_line(line)) if form else ()
            lines[form.name if form else ""].append(self._line(life, line, labels, number))
            if self._strings is not None:
                self._strings.note(_searched(line), path, number)
        self._books.torn[life] = torn
        self._books.line_counts[life] = count

    def _line(
        self, life: str, line: Mapping[str, Any], labels: tuple[str, ...], number: int
    ) -> Line:
        keep = self._keep
        return Line(
            life,
            keep(line.get("event", "")),
            keep(line.get("trace_id", "")),
            keep(line.get("span_id", "")),
            keep(line.get("request_id", "")),
            self._moment_s(line.get("timestamp", "")),
            labels,
            number,
        )

    def _moment_s(self, timestamp: str) -> float:
        try:
            return datetime.fromisoformat(timestamp).timestamp() - self._began_s
        except ValueError:
            return 0.0

    def _kept_row(self, row: tuple[str, ...]) -> tuple[str, ...]:
        found: tuple[str, ...] = self._kept.setdefault(row, row)
        return found

    def _read_spans(self, path: Path) -> None:
        if not path.exists():
            self._missing[SPANS] = "there is no spans.jsonl"
            return
        books = self._books
        attempts, operations, served, others = [], [], [], []
        own: dict[str, list[Span]] = defaultdict(list)
        for number, span in read_spans(path):
            attributes, kind = span["attributes"], span["kind"]
            if self._strings is not None:
                self._strings.note(attributes, path, number)
                self._strings.note({"name": span["name"], "service": span["service"]}, path, number)
            form = self._catalogue.own_spans.get(span["name"])
            if form is not None:
                own[form.name].append(self._own(span, form.of_span(attributes)))
            elif kind == "client" and "resilience.operation" in attributes:
                attempts.append(self._span(span, *attempt(attributes)))
            elif kind == "server":
                served.append(self._span(span, *request_served(attributes)))
            elif "resilience.stop_reason" in attributes:
                operations.append(self._span(span, *operation(attributes)))
            else:
                others.append(self._span(span, ()))
        books.attempts, books.operations = attempts, operations
        books.served, books.others, books.own = served, others, dict(own)

    def _span(
        self,
        span: Mapping[str, Any],
        labels: tuple[str, ...],
        number: int = 0,
        seconds: float = 0.0,
    ) -> Span:
        keep = self._keep
        began_s = span["start_ns"] / 1e9 - self._began_s
        return Span(
            keep(self._life_of(span, began_s)),
            keep(span["name"]),
            keep(span["trace_id"]),
            keep(span["span_id"]),
            keep(span["parent_id"]),
            began_s,
            span["end_ns"] / 1e9 - self._began_s,
            self._kept_row(labels),
            number,
            seconds,
        )

    def _life_of(self, span: Mapping[str, Any], began_s: float) -> str:
        life = span.get("life")
        if life in self._books.lives:
            return str(life)
        return self._books.life_at(span["service"], began_s)

    def _own(self, span: Mapping[str, Any], labels: tuple[str, ...]) -> Span:
        attributes = span["attributes"]
        seconds = attributes.get("resilience.delay_s", attributes.get("resilience.limit_s", 0.0))
        return self._span(span, labels, attributes.get("resilience.attempt", 0), seconds)


_UNSEARCHED = frozenset(("timestamp", "trace_id", "span_id"))


def _searched(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields that may hold anything; ids and times of the right form cannot."""
    ids = line.get("trace_id", "") + line.get("span_id", "")
    if ids and not _IDS.fullmatch(ids):
        return line
    return {name: value for name, value in line.items() if name not in _UNSEARCHED}


def _database(directory: Path) -> Path | None:
    path = directory / "database.db"
    return path if path.exists() else None
