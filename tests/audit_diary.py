"""The database of a played run."""

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PROVIDER, SERVICE, MINUTES = "dr-lee", "srv-003", 20
_FIRST = datetime(2026, 12, 1, 9, tzinfo=UTC)
_TABLES = """
CREATE TABLE appointments (confirmation, service_id, provider, start_utc_s, end_utc_s,
  client_name, client_email, client_phone, status, created_utc_s, version);
CREATE TABLE claims (provider, cell, confirmation);
CREATE TABLE idempotency (scope, key, status, body);
"""
PERSON = ("Zoë Canarybird", "zoe@feathers.example", "+44 7700 900461")


class Diary:
    """Rows as the store would have them; tests change them before they are written."""

    def __init__(self) -> None:
        self.appointments: list[list[Any]] = []
        self.claims: list[list[Any]] = []
        self.kept: list[list[Any]] = []

    def add(self, confirmation: str, key: str, now: datetime) -> dict[str, str]:
        """Book the next free start; what the user is told of it."""
        start = _FIRST + timedelta(minutes=MINUTES * len(self.appointments))
        start_s = int(start.timestamp())
        row = [confirmation, SERVICE, PROVIDER, start_s, start_s + MINUTES * 60, *PERSON]
        self.appointments.append([*row, "confirmed", int(now.timestamp()), 1])
        self.claims.append([PROVIDER, start_s, confirmation])
        told = {
            "service_id": SERVICE,
            "date": start.date().isoformat(),
            "start_time": start.strftime("%H:%M"),
        }
        name, email, phone = PERSON
        client = {"name": name, "email": email, "phone": phone}
        appointment = {"confirmation_number": confirmation, "client": client, **told}
        body = json.dumps({"appointment": {**appointment, "duration_minutes": MINUTES}})
        digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
        self.kept.append([b"scope", digest, 201, body.encode()])
        return told

    def write(self, path: Path) -> None:
        """Write the database."""
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(_TABLES)
            for table, rows in (
                ("appointments", self.appointments),
                ("claims", self.claims),
                ("idempotency", self.kept),
            ):
                marks = ", ".join("?" * len(rows[0])) if rows else ""
                if rows:
                    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            connection.commit()
