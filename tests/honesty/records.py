"""Bugs in the records: a witness lost, changed or repeated what it had seen."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import orjson
from tests.honesty.bugs.registry import Bug

KIND = "records"
Lines = Sequence[bytes]
Tamper = Callable[[Path], None]


def _lines(name: str, change: Callable[[Lines], Lines]) -> Tamper:
    def tamper(run: Path) -> None:
        path = run / name
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return tamper


def _middle(lines: Lines) -> int:
    return len(lines) // 2


def _without_one(lines: Lines) -> Lines:
    return [*lines[: _middle(lines)], *lines[_middle(lines) + 1 :]]


def _one_twice(lines: Lines) -> Lines:
    return [*lines[: _middle(lines)], lines[_middle(lines)], *lines[_middle(lines) :]]


def _cut_short(lines: Lines) -> Lines:
    return lines[: _middle(lines)]


def _torn(lines: Lines) -> Lines:
    torn = lines[_middle(lines)][:40] + b"\n"
    return [*lines[: _middle(lines)], torn, *lines[_middle(lines) + 1 :]]


def _another_status(lines: Lines) -> Lines:
    entry = orjson.loads(lines[0])
    return [orjson.dumps({**entry, "status": 500, "upstream_status": 500}) + b"\n", *lines[1:]]


def _without_the_last_booking(lines: Lines) -> Lines:
    last = max(n for n, line in enumerate(lines) if orjson.loads(line)["status"] == 201)
    return [*lines[:last], *lines[last + 1 :]]


def _delete(statement: str) -> Tamper:
    def tamper(run: Path) -> None:
        with closing(sqlite3.connect(run / "database.db")) as connection, connection:
            connection.execute(statement)

    return tamper


def _older_scrape(run: Path) -> None:
    scrape = max((run / "metrics" / "agent-1").glob("*.prom"))
    text = scrape.read_text(encoding="utf-8")
    begun = text.index("resilience_attempts_total{")
    ended = text.index(" ", begun) + 1
    scrape.write_text(text[:ended] + "1" + text[ended:], encoding="utf-8")


def _no_logs(run: Path) -> None:
    (run / "logs" / "api-1.jsonl").write_bytes(b"")


_TAMPERS: dict[str, tuple[str, Tamper]] = {
    "an-export-dropped": ("half of the spans never arrived", _lines("spans.jsonl", _cut_short)),
    "a-span-dropped": ("one span never arrived", _lines("spans.jsonl", _without_one)),
    "a-span-twice": ("one span arrived twice", _lines("spans.jsonl", _one_twice)),
    "a-ledger-truncated": (
        "the second half of the ledger is gone",
        _lines("ledger/agent-api.jsonl", _cut_short),
    ),
    "a-ledger-line-dropped": (
        "one line of the ledger is gone",
        _lines("ledger/agent-api.jsonl", _without_one),
    ),
    "a-ledger-line-twice": (
        "one line of the ledger is there twice",
        _lines("ledger/agent-api.jsonl", _one_twice),
    ),
    "another-status": (
        "the ledger saw another answer than everybody else",
        _lines("ledger/agent-api.jsonl", _another_status),
    ),
    "a-log-truncated": ("the log ends too early", _lines("logs/agent-1.jsonl", _cut_short)),
    "a-log-line-torn": ("a log line is torn", _lines("logs/api-1.jsonl", _torn)),
    "a-log-line-twice": ("a log line is there twice", _lines("logs/agent-1.jsonl", _one_twice)),
    "a-log-emptied": ("somebody has rotated the log away", _no_logs),
    "a-counter-edited": ("a counter says more than anybody saw", _older_scrape),
    "a-row-deleted": (
        "an appointment is gone from the database",
        _delete("DELETE FROM appointments WHERE rowid = 3"),
    ),
    "a-row-moved": (
        "an appointment is at another time than was promised",
        _delete("UPDATE appointments SET start_utc_s = start_utc_s + 60 WHERE rowid = 3"),
    ),
    "a-user-forgotten": (
        "nobody knows who was told of a booking",
        _lines("users.jsonl", _without_the_last_booking),
    ),
}

TAMPERED = {
    name: (Bug(name, KIND, says, lambda: None), tamper) for name, (says, tamper) in _TAMPERS.items()
}
"""Each bug, with what is done to a run whose books balance."""
