"""L7: each operation and each request ends once, and every metric counts what is told."""

from collections import Counter
from collections.abc import Mapping, Sequence

from audit.books import LEDGER, LOGS, METRICS, SPANS, Books
from audit.laws.facts import each_once, metric_balances, spans_have_lines, weigh_by_label
from audit.laws.law import Law
from audit.laws.result import LawResult, Row, Verdict
from audit.laws.weighing import Absences
from audit.losses import LOG, SPAN
from audit.records import Line, Span

ELSEWHERE = frozenset(
    (
        *("attempt.finished", "retry.started", "retry.suppressed", "timeout.elapsed"),
        *("rate_limited.received", "circuit_breaker.transition", "circuit_breaker.reject"),
    )
)
"""Events whose metrics another law judges."""
SERVED = ("request.served", "rate_limiting.reject")
_OPERATION = "operation.finished"


def judge(books: Books, result: LawResult) -> None:
    """Every metric label by label; operations and requests one by one; requests on the wire."""
    for metric, forms in books.catalogue.metrics():
        if not all(form.name in ELSEWHERE for form in forms):
            metric_balances(books, result, metric, forms)
    for form in books.catalogue.events.values():
        if form.has_own_span and form.name not in ELSEWHERE:
            spans_have_lines(books, result, form.name)
    _operations_balance(books, result)
    _requests_balance(books, result)
    _pair(books, result, books.operations, list(books.lines.get(_OPERATION, ())), "an operation")
    lines = [line for event in SERVED for line in books.lines.get(event, ())]
    _pair(books, result, books.served, lines, "a request served")
    for service in sorted({hop.server for hop in books.run.hops}):
        _wire_balances(books, result, service)


def _operations_balance(books: Books, result: LawResult) -> None:
    labels = ("target", "operation", "outcome", "retried", "stop_reason")
    for life in books.run.lives:
        scrape = books.scrape(life.name)
        if scrape is not None:
            heard = {
                "counter": scrape.counts("resilience_operations_total", labels),
                "spans": Counter(s.labels for s in books.operations if s.life == life.name),
            }
            weigh_by_label(books, result, life.name, "operation spans", heard)


def _requests_balance(books: Books, result: LawResult) -> None:
    labels = ("http_request_method", "http_route", "http_response_status_code")
    for life in books.run.lives:
        scrape = books.scrape(life.name)
        if scrape is not None:
            heard = {
                "histogram": scrape.counts("http_server_request_duration_seconds_count", labels),
                "spans": Counter(s.labels[:3] for s in books.served if s.life == life.name),
            }
            weigh_by_label(books, result, life.name, "SERVER spans", heard)


def _pair(
    books: Books,
    result: LawResult,
    spans: Sequence[Span],
    lines: list[Line],
    what: str,
) -> None:
    """Each span has one log line, each log line its span."""
    absences = Absences(books, result)
    told, made = {line.span_id for line in lines}, {span.span_id for span in spans}
    for span in spans:
        if span.span_id not in told:
            text = f"{what} without a log line"
            ids = {"trace_id": span.trace_id, "span_id": span.span_id}
            absences.miss(text, span.life, LOG, span.ended_s, **ids)
    for line in lines:
        if line.span_id not in made:
            ids = {"trace_id": line.trace_id, "span_id": line.span_id}
            absences.miss(f"{what} without its span", line.life, SPAN, line.at_s, **ids)
    absences.close()
    each_once(result, (line.span_id for line in lines), f"log lines of {what}")
    each_once(result, (span.span_id for span in spans), f"spans of {what}")


def _wire_balances(books: Books, result: LawResult, service: str) -> None:
    """By status, a server served what the ledger saw it answer, and what was lost on the way."""
    lives = [life.name for life in books.run.lives_of(service)]
    hops = [hop.name for hop in books.run.hops if hop.server == service]
    crossings = [c for hop in hops for c in books.crossings.get(hop, ())]
    answered = Counter(c.upstream_status for c in crossings if c.upstream_status is not None)
    lost = sum(crossing.may_be_done for crossing in crossings)
    served = Counter(span.number for span in books.watched(service))
    losses = [books.losses.of(life, SPAN) for life in lives]
    if not lives or not (answered or served):
        return
    unseen = answered - served  # answered on the wire, but told by no span
    unheard = served - answered
    says = {"ledger": answered.total(), "spans": served.total()}
    scope = f"{service} requests answered"
    excused = [loss.why for loss in losses if loss is not None]
    if unseen and not excused:
        result.add(_off(scope, unseen, answered, served))
    elif unheard.total() > lost:
        result.add(_off(scope, unheard, answered, served))
    else:
        why = [f"{unheard.total()} answers lost, of {lost} such requests"] if unheard else []
        why += excused if unseen else []
        residual = served.total() - answered.total()
        result.add(Row(scope, says, residual=residual, why="; ".join(why)))


def _off(
    scope: str, off: Counter[int], answered: Mapping[int, int], served: Mapping[int, int]
) -> Row:
    says = {}
    for status in sorted(off):
        says[f"ledger {status}"], says[f"spans {status}"] = answered[status], served[status]
    return Row(scope, says, Verdict.FAILED, off.total())


LAW = Law(
    "L7",
    "each operation and each request ends once; each histogram's count is its counter",
    (LEDGER, METRICS, SPANS, LOGS),
    judge,
    "Every metric that no other law judges against the log lines and, where the event has "
    "its own, the spans, label by label. Each protected call has one span and one log line, "
    "and so has each request served. By status, the SERVER spans of a service are the "
    "answers that the ledger saw, and at most those more that were lost on the way.",
)
