"""L2: attempts = operations - operations that never sent + retries."""

from collections import Counter

from audit.books import LOGS, METRICS, SPANS, Books
from audit.laws.course import courses_fit
from audit.laws.facts import event_balances
from audit.laws.law import Law
from audit.laws.result import LawResult, Row, Verdict
from audit.laws.weighing import UNDER_WAY, ended_meanwhile
from audit.losses import METRIC, SPAN
from audit.records import Span
from audit.sources.metrics import Scrape

_CALL = ("target", "operation")
_ENDINGS = ("attempt.finished", "operation.finished")
_SUPPRESSED, _RETRIED = "retry.suppressed", "retry.started"


def judge(books: Books, result: LawResult) -> None:
    """The sum in each life by call, each operation by its own, and the suppressed retries."""
    for life in books.run.lives:
        scrape = books.scrape(life.name)
        if scrape is not None:
            _sum_balances(books, result, life.name, scrape)
    event_balances(books, result, _SUPPRESSED)
    courses_fit(books, result)
    retries, suppressed = books.own_in(_RETRIED), books.own_in(_SUPPRESSED)
    most = books.run.options.get("max_retries")
    for operation in books.operations:
        sent = len(books.attempts_in.get(operation.span_id, ()))
        waits = len(retries.get(operation.span_id, ()))
        stops = len(suppressed.get(operation.span_id, ()))
        _operation_balances(books, result, operation, (sent, waits, stops))
        if isinstance(most, int) and sent > most + 1:
            _differ(result, operation, f"{sent} attempts where {most + 1} are the most")


def _sum_balances(books: Books, result: LawResult, life: str, scrape: Scrape) -> None:
    attempts = scrape.counts("resilience_attempts_total", _CALL)
    operations = scrape.counts("resilience_operations_total", _CALL)
    rejected = Counter(
        {
            key[:2]: count
            for key, count in scrape.counts(
                "resilience_operations_total", (*_CALL, "outcome")
            ).items()
            if key[2] == "rejected"
        }
    )
    retries = scrape.counts("resilience_retries_total", _CALL)
    under_way = scrape.counts("resilience_operations_in_progress", _CALL)
    for key in sorted({*attempts, *operations, *retries, *under_way}):
        says = {
            "attempts": attempts[key],
            "operations": operations[key],
            "never sent": rejected[key],
            "retries": retries[key],
            "in progress": under_way[key],
        }
        residual = attempts[key] - (operations[key] - rejected[key] + retries[key])
        moving = under_way[key] + ended_meanwhile(books, life, scrape, _ENDINGS, key)
        row = Row(f"{life} {'.'.join(key)}", says)
        if residual or under_way[key]:
            excused = books.losses.of(life, METRIC) is not None and abs(residual) <= moving
            verdict = Verdict.PASSED if excused else Verdict.FAILED
            off = residual if excused else residual or under_way[key]
            row = Row(row.scope, says, verdict, off, UNDER_WAY if excused else "")
        result.add(row)


def _operation_balances(
    books: Books, result: LawResult, operation: Span, found: tuple[int, int, int]
) -> None:
    sent, waits, stops = found
    told, outcome = operation.number, operation.labels[2]
    if books.losses.of(operation.life, SPAN) is not None:
        return  # what is missing of it is judged by L1 and L3
    if sent != told:
        _differ(result, operation, f"tells of {told} attempts, but {sent} CLIENT spans are in it")
    if waits != max(0, told - 1):
        _differ(result, operation, f"tells of {told} attempts, but {waits} retries are in it")
    if (told == 0) != (outcome == "rejected"):
        _differ(result, operation, f"{outcome} with {told} attempts")
    if stops > 1:
        _differ(result, operation, f"{stops} suppressed retries")


def _differ(result: LawResult, operation: Span, what: str) -> None:
    result.disagree(
        f"{operation.name} {what}", trace_id=operation.trace_id, span_id=operation.span_id
    )


LAW = Law(
    "L2",
    "attempts = operations - operations that never sent + retries",
    (METRICS, SPANS, LOGS),
    judge,
    "For each process and operation, the counters of attempts, operations and retries "
    "against each other. Then each operation's span against what is inside it: as many "
    "CLIENT spans and waits as it tells of, no more than the run's `max_retries` allow, an "
    "outcome and reasons that fit, at most one suppressed retry.",
)
