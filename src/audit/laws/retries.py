"""L3: each retry is counted, waited for, numbered without a gap, and sent with the same key."""

from collections import Counter

from audit.books import LEDGER, LOGS, METRICS, SPANS, Books
from audit.laws.facts import event_balances
from audit.laws.law import Law
from audit.laws.result import LawResult
from audit.laws.weighing import weigh
from audit.losses import SPAN
from audit.records import Crossing, Span

EVENT = "retry.started"
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_MARGIN_S = 0.005
"""Spans take their times from a wall clock and their lengths from a steady one."""


def judge(books: Books, result: LawResult) -> None:
    """The event's signals, the resends of each witness, and the course of each operation."""
    event_balances(books, result, EVENT)
    _resends_balance(books, result)
    waits = books.own_in(EVENT)
    for operation_id, attempts in books.attempts_in.items():
        _numbers_have_no_gap(books, result, attempts)
        if len(attempts) > 1 or operation_id in waits:
            _waits_were_kept(books, result, attempts, waits.get(operation_id, []))
            _key_is_the_same(books, result, attempts)
    for span_id, crossing in books.crossing_of.items():
        attempt = books.attempt_of.get(span_id)
        if attempt is not None and crossing.attempt != attempt.number + 1:
            what = f"attempt {crossing.attempt} on the wire, resend {attempt.number} in its span"
            result.disagree(what, trace_id=attempt.trace_id, span_id=span_id)


def _resends_balance(books: Books, result: LawResult) -> None:
    ledger: Counter[str] = Counter()
    for span_id, crossing in books.crossing_of.items():
        attempt = books.attempt_of.get(span_id)
        if crossing.attempt > 1 and attempt is not None:
            ledger[attempt.life] += 1
    unsent = _resends_never_sent(books)
    spans = Counter(span.life for span in books.attempts if span.number >= 1)
    for life in books.run.lives:
        scrape = books.scrape(life.name)
        if scrape is not None:
            counted = int(scrape.total("resilience_retries_total"))
            says = {"counter": counted, "spans": spans[life.name]}
            if books.losses.of(life.name, SPAN) is None:
                says["ledger and unsent"] = ledger[life.name] + unsent[life.name]
            if any(says.values()):
                result.add(weigh(books, life.name, f"{life.name} resends", says))


def _resends_never_sent(books: Books) -> Counter[str]:
    """Resends that never reached the wire; L1 judges whether they may."""
    return Counter(
        span.life
        for span in books.attempts
        if span.number >= 1 and span.span_id not in books.crossing_of
    )


def _numbers_have_no_gap(books: Books, result: LawResult, attempts: list[Span]) -> None:
    numbers = [span.number for span in attempts]
    if numbers == list(range(len(numbers))):
        return
    first = attempts[0]
    if books.losses.of(first.life, SPAN) is not None and len({*numbers}) == len(numbers):
        return  # a lost span leaves a gap, but no repetition
    result.disagree(
        f"{first.labels[1]} was sent with the resend counts {numbers}",
        trace_id=first.trace_id,
        span_id=first.parent_id,
    )


def _waits_were_kept(
    books: Books, result: LawResult, attempts: list[Span], waits: list[Span]
) -> None:
    by_number = {span.number + 1: span for span in attempts}
    for wait in waits:
        before, after = by_number.get(wait.number - 1), by_number.get(wait.number)
        if after is None and books.losses.of(wait.life, SPAN) is None:
            what = f"a retry that no attempt {wait.number} followed"
            result.disagree(what, trace_id=wait.trace_id, span_id=wait.span_id)
        if before and after and after.began_s - before.ended_s < wait.seconds - _MARGIN_S:
            waited_s = after.began_s - before.ended_s
            what = f"waited {waited_s:.3f} s of the {wait.seconds:.3f} s that the retry tells"
            result.disagree(what, trace_id=wait.trace_id, span_id=wait.span_id)


def _key_is_the_same(books: Books, result: LawResult, attempts: list[Span]) -> None:
    sent = [books.crossing_of[s.span_id] for s in attempts if s.span_id in books.crossing_of]
    keys = {crossing.key for crossing in sent if _changes_things(crossing)}
    if len(keys) > 1 or (keys == {""} and len(sent) > 1):
        first = attempts[0]
        what = "sent again without a key" if keys == {""} else "sent again with another key"
        result.disagree(
            f"{first.labels[1]} was {what}", trace_id=first.trace_id, span_id=first.parent_id
        )


def _changes_things(crossing: Crossing) -> bool:
    return crossing.method not in _SAFE


LAW = Law(
    "L3",
    "retries counted = CLIENT spans sent again = backoffs that ended in a send = log lines",
    (LEDGER, METRICS, SPANS, LOGS),
    judge,
    "Each retry's count, its span and its log line; as many requests sent again by the "
    "counter, the spans and the ledger. Within an operation the resends are numbered "
    "without a gap, the number on the wire is that of the span, the wait was as long as it "
    "tells, and what changes something carries the same idempotency key each time.",
)
