"""Whether witnesses who count the same fact agree, and what may be missing from whom."""

from collections import Counter
from collections.abc import Iterable, Mapping

from audit.books import Books
from audit.laws.result import LawResult, Row, Verdict
from audit.losses import LOG, METRIC, SPAN, Loss
from audit.sources.metrics import Scrape

SIGNAL_OF = {
    "counter": METRIC,
    "histogram": METRIC,
    "gauge": METRIC,
    "attempts": METRIC,
    "spans": SPAN,
    "lines": LOG,
}
"""The signal of each witness; any other witness is one that loses nothing."""
UNDER_WAY = "under way at the last scrape"
_READING_S = 2.0
"""How long a busy process takes to answer a scrape, and goes on with its work meanwhile."""


def weigh(books: Books, life: str, scope: str, says: Mapping[str, float]) -> Row:
    """All witnesses must say the same; one whose signal lost records in this life may say less."""
    losses = {who: books.losses.of(life, SIGNAL_OF.get(who, "")) for who in says}
    exact = [count for who, count in says.items() if losses[who] is None]
    truth = max(exact or says.values())
    residual = truth - min(says.values())
    if len({*exact}) > 1 or max(says.values()) > truth:
        return Row(scope, says, Verdict.FAILED, max(says.values()) - min(says.values()))
    if not residual:
        return Row(scope, says)
    short = [loss for who, loss in losses.items() if loss is not None and says[who] < truth]
    if any(loss.count is not None and residual > loss.count for loss in short):
        return Row(scope, says, Verdict.FAILED, residual, "more than was lost")
    return Row(scope, says, _verdict_on(short), residual, _why(short))


def _verdict_on(losses: list[Loss]) -> Verdict:
    explained = all(loss.explained for loss in losses)
    return Verdict.PASSED if explained else Verdict.UNTRUSTWORTHY


def _why(losses: list[Loss]) -> str:
    return "; ".join(dict.fromkeys(loss.why for loss in losses))


def ended_meanwhile(
    books: Books, life: str, scrape: Scrape, events: Iterable[str], labels: tuple[str, ...]
) -> int:
    """How many such events, whose labels begin so, came while a killed process was last read.

    A scrape reads one metric after the other, so what ends meanwhile may be in the one and not
    in the other. Of a process that was not killed there is a scrape at rest: then it is 0.
    """
    if books.losses.of(life, METRIC) is None:
        return 0
    read_s = scrape.at_s if scrape.at_s is not None else books.lives[life].ended_s or 0.0
    return sum(
        line.life == life
        and line.labels[: len(labels)] == labels
        and read_s - _READING_S <= line.at_s <= read_s
        for event in events
        for line in books.lines.get(event, ())
    )


class Absences:
    """Collects records that are missing: those that may be, and those that may not."""

    def __init__(self, books: Books, result: LawResult) -> None:
        self._books, self._result = books, result
        self._excused: Counter[tuple[str, str]] = Counter()
        self._losses: dict[tuple[str, str], Loss] = {}

    def miss(
        self,
        what: str,
        life: str,
        signal: str,
        ended_s: float | None,
        *,
        trace_id: str = "",
        span_id: str = "",
    ) -> None:
        """A record of this signal is missing, of what ended then."""
        loss = self._books.losses.excuse(life, signal, ended_s)
        if loss is None:
            self._result.disagree(what, trace_id=trace_id, span_id=span_id)
        else:
            self._excused[life, signal] += 1
            self._losses[life, signal] = loss

    def close(self) -> None:
        """Name what was missing for a known reason."""
        for (life, signal), count in sorted(self._excused.items()):
            loss = self._losses[life, signal]
            says = {f"missing {signal}s": count}
            if loss.count is not None and count > loss.count:
                row = Row(life, says, Verdict.FAILED, count, f"only {loss.count} were lost")
            else:
                row = Row(life, says, _verdict_on([loss]), count, loss.why)
            self._result.add(row)
