"""L9: what users were told they had booked is what the database holds, and nothing else is."""

from collections.abc import Iterable, Mapping

from audit.books import DATABASE, LEDGER, LOGS, METRICS, USERS, Books
from audit.laws.diary import appointments_are_sound, keys_have_one_effect
from audit.laws.law import Law
from audit.laws.promises import promises_were_kept
from audit.laws.result import LawResult, Row, Verdict
from audit.losses import LOG, METRIC
from audit.records import Crossing
from audit.sources.database import Diary, read_diary

EVENT = "booking.appointment"
_PATH, _CREATED = "/appointments", 201


def judge(books: Books, result: LawResult) -> None:
    """The diary by itself, then against the users, the signals and the wire."""
    assert books.database is not None
    diary = read_diary(books.database)
    appointments_are_sound(result, diary)
    keys_have_one_effect(books, result, diary)
    promises_were_kept(books, result, diary)
    _creations_balance(books, result, diary)
    _wire_balances(books, result)


def _creations_balance(books: Books, result: LawResult, diary: Diary) -> None:
    """As many rows as creations were told, in all lives together."""
    rows = sum(row.created_s >= int(books.run.began_s) for row in diary.appointments)
    lines = sum(line.labels[0] == "created" for line in books.lines.get(EVENT, ()))
    counted = sum(
        int(scrapes.last.total("booking_appointments_total", result="created"))
        for scrapes in books.scrapes.values()
    )
    says = {"rows": rows, "counter": counted, "lines": lines}
    result.add(_judged(books, "creations", says, {METRIC: counted, LOG: lines}, rows))


def _judged(
    books: Books, scope: str, says: Mapping[str, float], told: dict[str, int], rows: int
) -> Row:
    verdict, why = Verdict.PASSED, []
    for signal, count in told.items():
        losses = [books.losses.of(life.name, signal) for life in books.run.lives]
        known = [loss for loss in losses if loss is not None]
        if count == rows:
            continue
        if count > rows or not known:
            return Row(scope, says, Verdict.FAILED, rows - count)
        if not all(loss.explained for loss in known):
            verdict = Verdict.UNTRUSTWORTHY
        why += [loss.why for loss in known]
    residual = rows - min(told.values())
    return Row(scope, says, verdict, residual, "; ".join(dict.fromkeys(why)))


def _wire_balances(books: Books, result: LawResult) -> None:
    """Each key that was answered 201 made one booking; what was answered unseen may have."""
    sent = list(_creations_sent(books))
    good = [crossing.key for crossing in sent if crossing.upstream_status == _CREATED]
    answered, unkeyed = {*good}, good.count("")
    unseen = {crossing.key for crossing in sent if crossing.may_be_done}
    made = len(answered - {""}) + unkeyed
    most = made + len(unseen - answered - {""}) + ("" in unseen)
    created = sum(line.labels[0] == "created" for line in books.lines.get(EVENT, ()))
    says = {"keys answered 201": made, "created": created}
    scope = "creations on the wire"
    lossy = any(books.losses.of(life.name, LOG) is not None for life in books.run.lives)
    if created == made:
        result.add(Row(scope, says))
    elif made < created <= most:
        why = "answers that the ledger did not see"
        result.add(Row(scope, says, residual=created - made, why=why))
    elif created < made and lossy:
        result.add(Row(scope, says, residual=made - created, why="log lines were lost"))
    else:
        result.add(Row(scope, says, Verdict.FAILED, created - made))


def _creations_sent(books: Books) -> Iterable[Crossing]:
    return (
        crossing
        for crossings in books.crossings.values()
        for crossing in crossings
        if crossing.method == "POST" and crossing.path == _PATH
    )


LAW = Law(
    "L9",
    "rows = creations acknowledged - replays + named maybes; no overlap; one key, one effect",
    (LEDGER, METRICS, LOGS, USERS, DATABASE),
    judge,
    "What each user was told against the rows of the database, field by field; a row that "
    "nobody was told of needs a request whose outcome stayed unclear. There are as many new "
    "rows as creations counted and as log lines that say `created`; each key that the "
    "ledger saw answered 201 made one booking. No two active appointments of a provider "
    "overlap, and a key has one effect.",
)
