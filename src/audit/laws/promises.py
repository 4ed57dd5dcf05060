"""Whether every user has what they were promised, and nobody has what nobody asked for."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from audit.books import Books
from audit.laws.diary import confirmation_of
from audit.laws.result import LawResult, Row, Verdict
from audit.records import Answer
from audit.sources.database import Appointment, Diary

_CREATED = 201
_QUARTER_S, _MOST_OFFSET_S = 900, 14 * 3600
"""Time zones differ from UTC by whole quarters of an hour, and by 14 hours at most."""


def promises_were_kept(books: Books, result: LawResult, diary: Diary) -> None:
    """Every acknowledged booking is a row, field by field; every other row is a named maybe."""
    rows = {row.confirmation: row for row in diary.appointments}
    stored = {
        confirmation_of(kept.body): (kept.key, kept.body["appointment"])
        for kept in diary.kept
        if kept.status == _CREATED and confirmation_of(kept.body)
    }
    promised = [told for told in books.users if told.confirmation and _is_good(told)]
    for told in promised:
        row = rows.get(told.confirmation)
        ids = {"trace_id": told.trace_id, "subject": told.confirmation}
        if row is None:
            result.disagree("an acknowledged booking that the database does not have", **ids)
        elif wrong := _differences(told, row):
            result.disagree(f"a booking whose {', '.join(wrong)} is not as promised", **ids)
    for confirmation, (_, appointment) in stored.items():
        if confirmation in rows and (wrong := _stored_wrong(appointment, rows[confirmation])):
            result.disagree(
                f"a stored answer whose {', '.join(wrong)} differs", subject=confirmation
            )
    _judge_rest(books, result, rows, promised, {c: key for c, (key, _) in stored.items()})


def _is_good(told: Answer) -> bool:
    return told.status is not None and 200 <= told.status < 300


def _differences(told: Answer, row: Appointment) -> list[str]:
    found = []
    if told.service_id and told.service_id != row.service_id:
        found.append("service")
    if row.version == 1 and told.date and told.start_time and not _is_then(told, row):
        found.append("time")
    return found


def _is_then(told: Answer, row: Appointment) -> bool:
    return _may_be_the_same(told.date, told.start_time, row.start_s)


def _may_be_the_same(day: str, start: str, start_s: int) -> bool:
    """Whether a local time can be this moment in some time zone."""
    local = datetime.combine(date.fromisoformat(day), time.fromisoformat(start), UTC)
    offset_s = int(local.timestamp()) - start_s
    return offset_s % _QUARTER_S == 0 and abs(offset_s) <= _MOST_OFFSET_S


def _stored_wrong(appointment: Mapping[str, Any], row: Appointment) -> list[str]:
    """What the answer that was stored with the booking says otherwise than its row."""
    client = appointment.get("client", {})
    minutes = (row.end_s - row.start_s) // 60
    pairs = {
        "service": (appointment.get("service_id"), row.service_id),
        "name": (client.get("name"), row.name),
        "e-mail": (client.get("email"), row.email),
        "phone": (client.get("phone"), row.phone),
        "length": (appointment.get("duration_minutes"), minutes),
    }
    wrong = [name for name, (told, held) in pairs.items() if told is not None and told != held]
    day, start = appointment.get("date"), appointment.get("start_time")
    if row.version == 1 and day and start and not _may_be_the_same(day, start, row.start_s):
        wrong.append("time")
    return wrong


def _judge_rest(
    books: Books,
    result: LawResult,
    rows: Mapping[str, Appointment],
    promised: list[Answer],
    keys: Mapping[str, bytes],
) -> None:
    """A row that nobody was told of needs a request that was never answered clearly."""
    told = {answer.confirmation for answer in promised}
    mine = {c for c, row in rows.items() if row.created_s >= int(books.run.began_s)}
    unclear = [answer for answer in books.users if not _is_good(answer)]
    asked = {_stored_digest(answer.key) for answer in unclear if answer.key}
    unkeyed = sum(not answer.key and not answer.confirmation for answer in unclear)
    rest = sorted(mine - told)
    maybes = [confirmation for confirmation in rest if keys.get(confirmation) in asked]
    strangers = [confirmation for confirmation in rest if keys.get(confirmation) not in asked]
    acknowledged = {a.confirmation for a in promised if a.status == _CREATED} & mine
    says = {"rows": len(mine), "acknowledged": len(acknowledged), "maybes": len(rest)}
    why = "booked, but the answer was lost" if rest else ""
    if len(strangers) <= unkeyed:
        result.add(Row("bookings", says, residual=len(rest), why=why))
        return
    result.add(Row("bookings", says, Verdict.FAILED, len(strangers)))
    del maybes
    for confirmation in strangers[unkeyed:]:
        result.disagree("a booking that nobody was told of or asked for", subject=confirmation)


def _stored_digest(key: str) -> bytes:
    """How the store keeps a key."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest()
