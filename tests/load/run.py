"""A finished run, read back from its directory."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.load.records import Told

from wire import Entry, read_ledger

Row = tuple[str, str, str, str, str]
ZONE = ZoneInfo("America/New_York")
"""Of the packaged business."""


@dataclass(frozen=True)
class Run:
    """The records of all witnesses; each is read when it is first asked for."""

    directory: Path

    @cached_property
    def about(self) -> Mapping[str, Any]:
        """run.json."""
        found: Mapping[str, Any] = orjson.loads((self.directory / "run.json").read_bytes())
        return found

    @cached_property
    def told(self) -> Sequence[Told]:
        """What the users were told."""
        return [Told(**each) for each in _lines(self.directory / "users.jsonl")]

    def ledger(self, hop: str) -> Sequence[Entry]:
        """The ledger of a hop."""
        return read_ledger(self.directory / "ledger" / f"{hop}.jsonl")

    @cached_property
    def spans(self) -> Sequence[Mapping[str, Any]]:
        """Every span that was received."""
        return [*_lines(self.directory / "spans.jsonl")]

    def lines(self, service: str, event: str = "") -> list[Mapping[str, Any]]:
        """The log lines of all lives of a service, of one event if given."""
        return [
            line
            for life in self._lives(service)
            for line in _lines(self.directory / "logs" / f"{life}.jsonl")
            if event in ("", line["event"])
        ]

    def total(self, service: str, sample: str, **labels: str) -> float:
        """The sum of a sample over all series with these labels, over all lives of a service."""
        return sum(
            float(each.value)
            for life in self._lives(service)
            for each in self._samples(life)
            if each.name == sample and labels.items() <= each.labels.items()
        )

    def dropped(self) -> float:
        """How many signals of all services were made and not delivered."""
        services = ("booking-api", "booking-agent")
        return sum(self.total(service, "telemetry_dropped_total") for service in services)

    def rows(self) -> list[Row]:
        """Confirmation, service, date, start and status of every appointment."""
        query = "SELECT confirmation, service_id, start_utc_s, status FROM appointments"
        with closing(sqlite3.connect(self.directory / "database.db")) as connection:
            return sorted(_row(*found) for found in connection.execute(query))

    def second_of(self, timestamp: str) -> float:
        """A time of day (ISO 8601) in seconds since the run began."""
        began = datetime.fromisoformat(self.about["started_at"])
        return (datetime.fromisoformat(timestamp) - began).total_seconds()

    def acknowledged(self) -> list[Row]:
        """What the users were told was booked, in the form of the rows."""
        booked = {
            (told.confirmation, told.service_id, told.date, told.start_time, "confirmed")
            for told in self.told
            if told.status == 201
        }
        return sorted(booked)

    def _lives(self, service: str) -> list[str]:
        return [life["name"] for life in self.about["lives"] if life["service"] == service]

    def _samples(self, life: str) -> Iterator[Any]:
        scrapes = sorted((self.directory / "metrics" / life).glob("*.prom"))
        if scrapes:
            text = scrapes[-1].read_text(encoding="utf-8")
            for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]  # untyped there
                yield from family.samples


def _lines(path: Path) -> Iterator[Any]:
    return (orjson.loads(line) for line in path.read_bytes().splitlines())


def _row(confirmation: str, service: str, start_utc_s: int, status: str) -> Row:
    start = datetime.fromtimestamp(start_utc_s, ZONE)
    return confirmation, service, f"{start:%Y-%m-%d}", f"{start:%H:%M}", status
