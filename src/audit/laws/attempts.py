"""L1: what was put on the wire is what was told of it."""

from collections import Counter
from collections.abc import Iterable

from audit.books import LEDGER, LOGS, METRICS, SPANS, Books
from audit.laws.facts import each_once, metric_balances, weigh_by_label
from audit.laws.law import Law
from audit.laws.result import LawResult, Row, Verdict
from audit.laws.weighing import Absences, weigh
from audit.losses import LOG, SPAN
from audit.records import Crossing, Line, Span

EVENT = "attempt.finished"
_NEVER_CONNECTED = frozenset(("timeout_connect", "deadline"))
_NOT_LISTENING = "not_listening"
_MARGIN_S = 0.5
"""How much later than the end of a fault its last victim may be told."""


def judge(books: Books, result: LawResult) -> None:
    """Match ledger, CLIENT spans and log lines by span id; then count, label by label."""
    form = books.catalogue.events[EVENT]
    for metric in form.event.metrics:
        metric_balances(books, result, metric, [form])
    _spans_balance(books, result)
    _Matching(books, result).run()


def _spans_balance(books: Books, result: LawResult) -> None:
    labels = ("target", "operation", "error_type", "resend")
    for life in books.run.lives:
        scrape = books.scrape(life.name)
        if scrape is not None:
            heard = {
                "counter": scrape.counts("resilience_attempts_total", labels),
                "spans": Counter(s.labels for s in books.attempts if s.life == life.name),
            }
            weigh_by_label(books, result, life.name, "CLIENT spans", heard)


class _Matching:
    def __init__(self, books: Books, result: LawResult) -> None:
        self._books, self._result = books, result
        self._absences = Absences(books, result)
        self._lines = {line.span_id: line for line in books.lines.get(EVENT, ())}
        self._unsent: list[Line | Span] = []
        self._never = 0
        self._by_life: Counter[str] = Counter()

    def run(self) -> None:
        """Match every attempt that any witness knows."""
        books, crossings = self._books, self._books.crossing_of
        for span_id in {*crossings, *books.attempt_of, *self._lines}:
            self._match(
                span_id,
                crossings.get(span_id),
                books.attempt_of.get(span_id),
                self._lines.get(span_id),
            )
        self._absences.close()
        self._judge_unsent()
        self._count()
        each_once(self._result, (c.span_id for c in self._sent()), "requests in the ledger")
        lines = books.lines.get(EVENT, ())
        each_once(self._result, (line.span_id for line in lines), "log lines of one attempt")
        each_once(self._result, (span.span_id for span in books.attempts), "CLIENT spans of one id")
        self._judge_strangers()

    def _sent(self) -> Iterable[Crossing]:
        books = self._books
        return (c for hop in books.client_hops() for c in books.crossings.get(hop, ()))

    def _match(
        self, span_id: str, crossing: Crossing | None, span: Span | None, line: Line | None
    ) -> None:
        known = span or line or crossing
        assert known is not None
        trace_id = known.trace_id
        life = span.life if span else line.life if line else self._life_of(crossing)
        ended_s = line.at_s if line else span.ended_s if span else known.ended_s  # type: ignore[union-attr]  # a line is the first choice
        if span is None:
            what = "an attempt without a CLIENT span"
            self._absences.miss(what, life, SPAN, ended_s, trace_id=trace_id, span_id=span_id)
        if line is None:
            what = "an attempt without a log line"
            self._absences.miss(what, life, LOG, ended_s, trace_id=trace_id, span_id=span_id)
        self._by_life[life] += 1
        if crossing is None:
            self._miss_crossing(span, line)
        elif span is not None:
            self._compare(crossing, span)

    def _compare(self, crossing: Crossing, span: Span) -> None:
        """An attempt that got an answer says what the answer on the wire was."""
        error_type = span.labels[2]
        is_other = error_type.isdigit() and error_type != str(crossing.status)
        is_worse = not error_type and crossing.status is not None and crossing.status >= 400
        if is_other or is_worse:
            self._result.disagree(
                f"an attempt that ended as {error_type or 'a success'}, and on the wire as"
                f" {crossing.status}",
                trace_id=span.trace_id,
                span_id=span.span_id,
            )

    def _count(self) -> None:
        """The sums, for the reader: what the ledger and the failed connections come to."""
        for life, count in sorted(self._by_life.items()):
            scrape = self._books.scrape(life)
            if scrape is not None:
                counted = int(scrape.total("resilience_attempts_total"))
                says = {"ledger and unsent": count, "counter": counted}
                self._result.add(weigh(self._books, life, f"{life} attempts", says))

    def _life_of(self, crossing: Crossing | None) -> str:
        assert crossing is not None
        client = next(hop.client for hop in self._books.run.hops if hop.name == crossing.hop)
        return self._books.life_at(client, crossing.began_s)

    def _miss_crossing(self, span: Span | None, line: Line | None) -> None:
        told = line or span
        assert told is not None
        error_type = told.labels[2]
        if error_type in _NEVER_CONNECTED:
            self._never += 1
        elif error_type == "connection":
            self._unsent.append(told)
        else:
            self._result.disagree(
                f"an attempt ({error_type or 'answered'}) that is not in the ledger",
                trace_id=told.trace_id,
                span_id=told.span_id,
            )

    def _judge_unsent(self) -> None:
        """Connections that failed before a request was read: as many as were refused."""
        if self._never:
            says = {"attempts": self._never}
            why = "the time ended before a connection was made"
            self._result.add(Row("never connected", says, why=why))
        refused = sum(c.fault == "refuse" for c in self._sent())
        closed = [told for told in self._unsent if self._not_listening(told)]
        rest = [told for told in self._unsent if not self._not_listening(told)]
        named = sum(r.count or 0 for r in self._books.run.residuals if r.law == "L1")
        if closed:
            says = {"attempts": len(closed)}
            self._result.add(Row("refused connections", says, why="the hop did not listen"))
        if not rest and not refused:
            return
        says = {"ledger": refused, "attempts": len(rest)}
        if refused <= len(rest) <= refused + named:
            why = "refused before a request was read"
            self._result.add(Row("refused connections", says, why=why))
            return
        row = Row("refused connections", says, Verdict.FAILED, abs(len(rest) - refused))
        self._result.add(row)
        for told in rest[refused:]:
            self._result.disagree(
                "an attempt (connection) that is not in the ledger",
                trace_id=told.trace_id,
                span_id=told.span_id,
            )

    def _not_listening(self, told: Line | Span) -> bool:
        at_s = told.at_s if isinstance(told, Line) else told.ended_s
        return any(
            shade.name == _NOT_LISTENING and shade.from_s <= at_s <= shade.to_s + _MARGIN_S
            for shade in self._books.run.faults
        )

    def _judge_strangers(self) -> None:
        """A request on a protected hop that names no span was sent past the protections."""
        for crossing in self._sent():
            if crossing.method and not crossing.span_id:
                self._result.disagree(
                    f"{crossing.method} on {crossing.hop} that no attempt sent",
                    subject=crossing.request_id,
                )


LAW = Law(
    "L1",
    "requests in the ledger = CLIENT spans = attempts counted = durations counted = log lines",
    (LEDGER, METRICS, SPANS, LOGS),
    judge,
    "Every request that a client put on the wire, matched by span id: its line in the "
    "ledger, its CLIENT span, its log line, and the counter and the durations, label by "
    "label. The status that the ledger saw is the one that the attempt tells. An attempt "
    "that the ledger does not know must have ended before a request was read. A request on "
    "the hop that no attempt sent is a disagreement.",
)
