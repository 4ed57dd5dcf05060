"""Whether the database is sound in itself."""

from collections import defaultdict

from audit.books import Books
from audit.laws.result import LawResult, Row, Verdict
from audit.sources.database import Appointment, Diary

_CANCELLED = "cancelled"
_CREATED = 201


def appointments_are_sound(result: LawResult, diary: Diary) -> None:
    """No two active appointments of a provider overlap, and exactly these claim their time."""
    active = [row for row in diary.appointments if row.status != _CANCELLED]
    by_provider: dict[str, list[Appointment]] = defaultdict(list)
    for row in active:
        by_provider[row.provider].append(row)
    overlaps = sum(_sweep(result, rows) for rows in by_provider.values())
    says = {"active": len(active), "overlaps": overlaps}
    verdict = Verdict.FAILED if overlaps else Verdict.PASSED
    result.add(Row("appointments", says, verdict, overlaps))
    for confirmation in sorted({row.confirmation for row in active} ^ diary.claimed):
        claims = confirmation in diary.claimed
        what = "claims time without being active" if claims else "is active without its time"
        result.disagree(f"an appointment that {what}", subject=confirmation)


def _sweep(result: LawResult, rows: list[Appointment]) -> int:
    """Along the line of time, each appointment against the one that ends last so far."""
    overlaps, latest = 0, None
    for row in sorted(rows, key=lambda row: (row.start_s, row.end_s)):
        if latest is not None and row.start_s < latest.end_s:
            overlaps += 1
            subject = f"{latest.confirmation} and {row.confirmation}"
            result.disagree(f"two appointments of {row.provider} overlap", subject=subject)
        if latest is None or row.end_s > latest.end_s:
            latest = row
    return overlaps


def keys_have_one_effect(books: Books, result: LawResult, diary: Diary) -> None:
    """A key of one client made one appointment, and told each of its users of the same."""
    made: dict[tuple[bytes, bytes], set[str]] = defaultdict(set)
    for kept in diary.kept:
        if kept.status == _CREATED:
            made[kept.scope, kept.key].add(confirmation_of(kept.body))
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for answer in books.users:
        if answer.status == _CREATED and answer.key and answer.confirmation:
            told[answer.user, answer.key].add(answer.confirmation)
    for confirmations in (*made.values(), *told.values()):
        if len(confirmations) > 1:
            result.disagree("one key with several effects", subject=", ".join(confirmations))


def confirmation_of(body: object) -> str:
    """Which appointment a stored answer is about; "" for none."""
    appointment = body.get("appointment") if isinstance(body, dict) else None
    found = appointment.get("confirmation_number") if isinstance(appointment, dict) else None
    return str(found or "")
