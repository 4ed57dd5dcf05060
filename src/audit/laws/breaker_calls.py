"""Whether calls went through the breaker as its states say."""

from itertools import pairwise

from audit.books import Books
from audit.breaker_path import CLOSED, HALF_OPEN, OPEN, Stay
from audit.laws.result import LawResult
from audit.losses import SPAN
from audit.records import Span
from audit.run import Life

REJECTION = "circuit_breaker.reject"
_FAILURES = frozenset(
    (
        *("500", "502", "503", "504", "timeout_connect", "timeout_read", "timeout_total"),
        *("connection", "protocol"),
    )
)
_TOLD_LATE_S = 0.25
_MOST_LATE_S = 1.0


def calls_obey(
    books: Books, result: LawResult, life: Life, target: str, stayed: list[Stay]
) -> None:
    """No call while it was open, one probe at a time, and it opened when it had to."""
    attempts = sorted(
        (s for s in books.attempts if s.life == life.name and s.labels[0] == target),
        key=lambda span: span.began_s,
    )
    open_s = books.run.options.get("breaker_open_s")
    failures = books.run.options.get("breaker_failures")
    for stay in stayed:
        if stay.state == OPEN:
            _nothing_was_sent(result, stay, attempts)
            if isinstance(open_s, int | float):
                _rested(result, stay, float(open_s))
        elif stay.state == HALF_OPEN and books.losses.of(life.name, SPAN) is None:
            _one_probe(result, stay, attempts)
        elif stay.state == CLOSED and isinstance(failures, int):
            _opened_in_time(result, stay, attempts, failures)
    _opened_with_reason(books, result, life, target, stayed)


def _nothing_was_sent(result: LawResult, stay: Stay, attempts: list[Span]) -> None:
    """From a moment after it opened: a call may have got its leave just before."""
    until_s = stay.until_s if stay.until_s is not None else float("inf")
    late_s = min(_MOST_LATE_S, (until_s - stay.since_s) / 6)
    for span in attempts:
        if stay.since_s + late_s < span.began_s < until_s - _TOLD_LATE_S:
            result.disagree("a call was sent while the circuit was open", **_ids(span))


def _rested(result: LawResult, stay: Stay, open_s: float) -> None:
    if stay.until_s is None or stay.until_s - stay.since_s >= open_s - _TOLD_LATE_S:
        return
    rested_s = stay.until_s - stay.since_s
    if stay.entry is not None:
        result.disagree(
            f"the circuit was open for {rested_s:.2f} s instead of {open_s:g} s",
            trace_id=stay.entry.trace_id,
            span_id=stay.entry.span_id,
        )


def _one_probe(result: LawResult, stay: Stay, attempts: list[Span]) -> None:
    until_s = stay.until_s if stay.until_s is not None else float("inf")
    begun = [span for span in attempts if stay.since_s <= span.began_s < until_s]
    if not begun:
        if stay.entry is not None and stay.until_s is not None:
            entry = stay.entry
            result.disagree(
                "the circuit was half-open without a probe",
                trace_id=entry.trace_id,
                span_id=entry.span_id,
            )
        return
    probe = begun[0]
    for span in begun[1:]:
        if span.began_s < probe.ended_s:
            result.disagree("a second probe was sent beside the first", **_ids(span))
        elif _decides(probe):
            break
        else:
            probe = span
    if _decides(probe) and until_s > probe.ended_s + _MOST_LATE_S:
        ended = probe.labels[2] or "answered"
        result.disagree(
            f"the probe ended ({ended}) and the circuit stayed half-open", **_ids(probe)
        )


def _decides(probe: Span) -> bool:
    return probe.labels[2] == "" or probe.labels[2] in _FAILURES


def _opened_in_time(result: LawResult, stay: Stay, attempts: list[Span], failures: int) -> None:
    """It opens on as many failures in a row as it should, and not much later."""
    until_s = stay.until_s if stay.until_s is not None else float("inf")
    ended = sorted(
        (s for s in attempts if s.began_s >= stay.since_s and s.ended_s <= until_s),
        key=lambda span: span.ended_s,
    )
    row: list[Span] = []
    for span in ended:
        if span.labels[2] in _FAILURES:
            row.append(span)
        elif span.labels[2] == "":
            row.clear()
        # Twice as many as needed, because two that end together may be judged in either order.
        if len(row) == 2 * failures and until_s > row[failures].ended_s + _MOST_LATE_S:
            what = f"{len(row)} failures in a row, and the circuit stayed closed"
            result.disagree(what, **_ids(row[failures - 1]))


def _opened_with_reason(
    books: Books, result: LawResult, life: Life, target: str, stayed: list[Stay]
) -> None:
    """It opens on no fewer failures than it should."""
    failures = books.run.options.get("breaker_failures")
    if not isinstance(failures, int) or books.losses.of(life.name, SPAN) is not None:
        return
    ends = [
        s.ended_s
        for s in books.attempts
        if s.life == life.name and s.labels[0] == target and s.labels[2] in _FAILURES
    ]
    for before, stay in pairwise(stayed):
        entry = stay.entry
        if entry is None or entry.labels[3] != "consecutive_failures":
            continue
        count = sum(before.since_s - _TOLD_LATE_S <= end_s <= stay.since_s for end_s in ends)
        if count < failures:
            result.disagree(
                f"the circuit opened on {count} failures instead of {failures}",
                trace_id=entry.trace_id,
                span_id=entry.span_id,
            )


def refused_were_not_sent(books: Books, result: LawResult) -> None:
    """An operation sends nothing after the breaker has refused it."""
    for parent_id, refusals in books.own_in(REJECTION).items():
        for span in books.attempts_in.get(parent_id, ()):
            if span.began_s > refusals[0].ended_s:
                result.disagree("a call was sent after it had been refused", **_ids(span))


def _ids(span: Span) -> dict[str, str]:
    return {"trace_id": span.trace_id, "span_id": span.span_id}
