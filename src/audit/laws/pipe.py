"""L10: what was made was delivered or counted as dropped, and what was delivered was received."""

from collections.abc import Mapping

from audit.books import LEDGER, LOGS, METRICS, SPANS, Books
from audit.laws.law import Law
from audit.laws.result import LawResult, Row, Verdict
from audit.losses import LOG, METRIC, SPAN, Loss
from audit.run import Life
from audit.sources.metrics import Scrape


def judge(books: Books, result: LawResult) -> None:
    """Each signal of each life, and the ledgers' own numbers."""
    for life in books.run.lives:
        scrape = books.scrape(life.name)
        if scrape is None:
            continue
        for signal, received in ((SPAN, books.span_counts), (LOG, books.line_counts)):
            _pipe_balances(books, result, life, signal, scrape, received[life.name])
        _nothing_failed(books, result, life, scrape)
        if torn := books.torn[life.name]:
            _torn(result, life, torn)
    for hop, crossings in books.crossings.items():
        _ledger_is_whole(result, hop, [crossing.seq for crossing in crossings])


def _pipe_balances(
    books: Books, result: LawResult, life: Life, signal: str, scrape: Scrape, received: int
) -> None:
    made, delivered, dropped = (
        int(scrape.total(f"telemetry_{what}_total", signal=signal))
        for what in ("made", "delivered", "dropped")
    )
    scope = f"{life.name} {signal}s"
    says = {"made": made, "delivered": delivered, "dropped": dropped, "received": received}
    loss = books.losses.of(life.name, signal)
    waiting = made - delivered - dropped
    if life.killed:
        result.add(Row(scope, says, residual=waiting, why=loss.why if loss else ""))
    elif waiting:
        result.add(Row(scope, says, Verdict.FAILED, waiting, "neither delivered nor dropped"))
    elif received > delivered:
        result.add(_too_many(books, life, signal, scope, says))
    elif loss is not None:
        result.add(_lossy(scope, says, loss))
    else:
        result.add(Row(scope, says))


def _too_many(books: Books, life: Life, signal: str, scope: str, says: Mapping[str, float]) -> Row:
    """Lines of no event may still be written after the last scrape; nothing else may."""
    extra = says["received"] - says["delivered"]
    foreign = sum(line.life == life.name for line in books.lines.get("", ()))
    if signal == LOG and extra <= foreign:
        return Row(scope, says, residual=extra, why="lines of no event after the last scrape")
    return Row(scope, says, Verdict.FAILED, extra, "more than were delivered")


def _lossy(scope: str, says: Mapping[str, float], loss: Loss) -> Row:
    verdict = Verdict.PASSED if loss.explained else Verdict.UNTRUSTWORTHY
    return Row(scope, says, verdict, loss.count or 0, loss.why)


def _nothing_failed(books: Books, result: LawResult, life: Life, scrape: Scrape) -> None:
    failures = int(scrape.total("telemetry_failures_total"))
    if failures:
        loss = books.losses.of(life.name, METRIC)
        why = loss.why if loss else "a signal could not be made"
        row = Row(f"{life.name} signals not made", {"failures": failures})
        result.add(Row(row.scope, row.says, Verdict.UNTRUSTWORTHY, failures, why))


def _torn(result: LawResult, life: Life, torn: int) -> None:
    says = {"lines that are no JSON": torn}
    if life.killed and torn == 1:
        result.add(Row(f"{life.name} log", says, residual=1, why="cut off by the kill"))
    else:
        result.add(Row(f"{life.name} log", says, Verdict.UNTRUSTWORTHY, torn, "torn or foreign"))


def _ledger_is_whole(result: LawResult, hop: str, numbers: list[int]) -> None:
    """Its lines are numbered from 1 in the order in which they were written."""
    whole = list(range(1, len(numbers) + 1))
    if numbers != whole:
        lost = max(numbers, default=0) - len({*numbers})
        says = {"last number": max(numbers, default=0), "lines": len(numbers)}
        verdict = Verdict.UNTRUSTWORTHY if lost > 0 else Verdict.FAILED
        result.add(Row(f"ledger of {hop}", says, verdict, lost, "lines are missing or repeated"))


LAW = Law(
    "L10",
    "telemetry made = delivered + dropped; received = delivered; the ledgers are whole",
    (LEDGER, METRICS, SPANS, LOGS),
    judge,
    "For each process, what the counters say was made, delivered and dropped against the "
    "spans and log lines that arrived. No signal failed to be made, no log line is torn, "
    "and each ledger is numbered from 1 without a gap.",
)
