"""L5: what a client gave up for time is a connection that the ledger saw it close."""

from collections import Counter

from audit.books import LEDGER, LOGS, METRICS, SPANS, Books
from audit.laws.facts import event_balances
from audit.laws.law import Law
from audit.laws.result import LawResult, Row
from audit.laws.weighing import weigh
from audit.losses import SPAN
from audit.records import Crossing, Span

EVENT = "timeout.elapsed"
_TIMED = frozenset(("timeout_connect", "timeout_read", "timeout_total", "deadline"))
_CONNECT = "timeout_connect"
_PHASES = {"connect": _CONNECT, "read": "timeout_read", "total": "timeout_total"}
_GAVE_UP = frozenset(("protocol", "other"))
"""What else makes a client close early: an answer that it will not read to its end."""
_NEAR = 0.9
"""From this share of the limit on, an answer and the end of the time may cross."""


def judge(books: Books, result: LawResult) -> None:
    """The event's signals, then each attempt against the ledger."""
    event_balances(books, result, EVENT)
    _attempts_balance(books, result)
    _Crossings(books, result).run()


def _attempts_balance(books: Books, result: LawResult) -> None:
    """As many attempts ended for want of time as timeouts are told, by their phase."""
    for life in books.run.lives:
        scrape = books.scrape(life.name)
        if scrape is None:
            continue
        attempts = scrape.counts("resilience_attempts_total", ("error_type",))
        timeouts = scrape.counts("resilience_timeouts_total", ("phase",))
        ended = Counter(s.labels[2] for s in books.attempts if s.life == life.name)
        for phase in sorted({*_PHASES, "deadline"}):
            kind = _PHASES.get(phase, phase)
            says = {
                "counter": timeouts[(phase,)],
                "attempts": attempts[(kind,)],
                "spans": ended[kind],
            }
            if any(says.values()):
                scope = f"{life.name} attempts ended by {phase}"
                result.add(weigh(books, life.name, scope, says))


class _Crossings:
    def __init__(self, books: Books, result: LawResult) -> None:
        self._books, self._result = books, result
        self._timeouts = books.own_in(EVENT)
        self._named: Counter[str] = Counter()

    def run(self) -> None:
        """Each attempt that ended for want of time, and each request that its client left."""
        books = self._books
        for span_id, crossing in books.crossing_of.items():
            attempt = books.attempt_of.get(span_id)
            if attempt is None:
                self._without_span(crossing)
            elif (attempt.labels[2] in _TIMED) != crossing.closed_early:
                self._differ(attempt, crossing)
        for attempt in books.attempts:
            timed = attempt.labels[2] in _TIMED
            if timed != (attempt.span_id in self._timeouts):
                self._miss_timeout(attempt)
        for why, count in self._named.items():
            self._result.add(Row("left early", {"ledger": count}, residual=count, why=why))

    def _without_span(self, crossing: Crossing) -> None:
        if crossing.closed_early:
            self._named["the attempt's span is missing: see L1"] += 1

    def _differ(self, attempt: Span, crossing: Crossing) -> None:
        ended = attempt.labels[2]
        if not crossing.closed_early and self._was_close(attempt, crossing):
            self._named["answered as the time ran out"] += 1
        elif crossing.closed_early and ended in _GAVE_UP:
            self._named["the client would not read the answer to its end"] += 1
        else:
            left = "left early" if crossing.closed_early else "not left early"
            self._result.disagree(
                f"a request that was {left} on the wire, whose attempt ended as"
                f" {ended or 'answered'}",
                trace_id=attempt.trace_id,
                span_id=attempt.span_id,
            )

    def _was_close(self, attempt: Span, crossing: Crossing) -> bool:
        limit_s = max((s.seconds for s in self._timeouts.get(attempt.span_id, ())), default=0.0)
        return limit_s > 0 and crossing.ended_s - attempt.began_s >= _NEAR * limit_s

    def _miss_timeout(self, attempt: Span) -> None:
        loss = self._books.losses.excuse(attempt.life, SPAN, attempt.ended_s)
        if loss is not None:
            self._named[loss.why] += 1
            return
        has = "a" if attempt.span_id in self._timeouts else "no"
        self._result.disagree(
            f"an attempt that ended as {attempt.labels[2] or 'answered'} with {has} timeout in it",
            trace_id=attempt.trace_id,
            span_id=attempt.span_id,
        )


LAW = Law(
    "L5",
    "timeouts counted = requests that the ledger saw left early = timeout spans = log lines",
    (LEDGER, METRICS, SPANS, LOGS),
    judge,
    "Timeouts by their count, spans and log lines, and by phase the attempts that ended so; "
    "then each such attempt against the ledger, which must have seen its client leave "
    "early, and nobody else but clients that would not read an answer to its end.",
)
