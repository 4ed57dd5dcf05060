"""L8: every record of one operation carries the same ids, and leads to the others."""

from collections.abc import Iterable, Mapping

from audit.books import LEDGER, LOGS, SPANS, Books
from audit.laws.law import Law
from audit.laws.result import LawResult, Row
from audit.laws.weighing import Absences
from audit.losses import SPAN
from audit.records import Answer, Line, Span

_STANDS_UNDER = {
    "retry.started": "operation",
    "retry.suppressed": "operation",
    "circuit_breaker.reject": "operation",
    "timeout.elapsed": "attempt",
    "rate_limited.received": "attempt",
    "retry_after.rejected": "attempt",
}


def judge(books: Books, result: LawResult) -> None:
    """Lines lead to spans, spans to their parents, and all of a trace to one request."""
    absences = Absences(books, result)
    _lines_have_spans(books, result, absences)
    _spans_have_parents(books, result, absences)
    _servers_have_clients(books, result, absences)
    absences.close()
    _events_stand_right(books, result)
    requests = _requests_of_traces(books, result)
    _wire_carries_the_ids(books, result, requests)
    _answers_carry_the_ids(books, result, requests)
    result.add(Row("records followed", _followed(books)))


def _followed(books: Books) -> Mapping[str, int]:
    """How many records were looked at, so that a reader sees that there were some."""
    return {
        "log lines": sum(map(len, books.lines.values())),
        "spans": books.span_counts.total(),
        "requests on the wire": len(books.crossing_of),
        "answers": len(books.users),
    }


def _lines_have_spans(books: Books, result: LawResult, absences: Absences) -> None:
    traces = books.traces
    for line in _all_lines(books):
        if not line.trace_id:
            if line.event in books.catalogue.events:
                result.disagree(f"a log line of {line.event} that names no trace", **_of_line(line))
            continue
        trace_id = traces.get(line.span_id)
        if trace_id is None:
            what = f"a log line of {line.event[:60]} whose span was not received"
            absences.miss(what, line.life, SPAN, line.at_s, **_of_line(line))
        elif trace_id != line.trace_id:
            what = f"a log line of {line.event[:60]} that names the trace of another span"
            result.disagree(what, **_of_line(line))


def _all_lines(books: Books) -> Iterable[Line]:
    return (line for lines in books.lines.values() for line in lines)


def _spans_have_parents(books: Books, result: LawResult, absences: Absences) -> None:
    """Within a process; what comes from another is judged as a server's request."""
    traces, served = books.traces, {span.span_id for span in books.served}
    for span in books.all_spans():
        if not span.parent_id or span.span_id in served:
            continue
        trace_id = traces.get(span.parent_id)
        if trace_id is None:
            what = f"a span {span.name} whose parent was not received"
            absences.miss(what, span.life, SPAN, None, **_of_span(span))
        elif trace_id != span.trace_id:
            result.disagree(f"a span {span.name} under a span of another trace", **_of_span(span))


def _servers_have_clients(books: Books, result: LawResult, absences: Absences) -> None:
    for span in books.served:
        parent = books.attempt_of.get(span.parent_id)
        if not span.parent_id or (parent is not None and parent.trace_id == span.trace_id):
            continue
        if parent is not None:
            result.disagree("a SERVER span under a CLIENT span of another trace", **_of_span(span))
        else:
            what = "a SERVER span whose CLIENT span was not received"
            life = _client_life(books, span)
            absences.miss(what, life, SPAN, span.ended_s, **_of_span(span))


def _client_life(books: Books, span: Span) -> str:
    """The life that must have sent what this SERVER span answered."""
    service = books.lives[span.life].service if span.life in books.lives else ""
    clients = {hop.client for hop in books.run.hops if hop.server == service and hop.client}
    lives = [books.life_at(client, span.began_s) for client in sorted(clients)]
    return lives[0] if lives else ""


def _events_stand_right(books: Books, result: LawResult) -> None:
    """What is told of a call or an attempt is told inside the span of that call or attempt."""
    for event, place in _STANDS_UNDER.items():
        right = books.operation_of if place == "operation" else books.attempt_of
        for span in books.own.get(event, ()):
            parent = right.get(span.parent_id)
            if parent is None and span.parent_id in books.traces:
                result.disagree(f"{event} under what is no {place}", **_of_span(span))
            elif parent is not None and place == "attempt" and _is_of_another(span, parent):
                result.disagree(f"{event} under an attempt of another call", **_of_span(span))


def _is_of_another(span: Span, parent: Span) -> bool:
    return span.labels[:2] != parent.labels[:2]


def _requests_of_traces(books: Books, result: LawResult) -> dict[str, str]:
    """The one request id of each trace."""
    found: dict[str, str] = {}
    for line in _all_lines(books):
        if line.trace_id and line.request_id:
            known = found.setdefault(line.trace_id, line.request_id)
            if known != line.request_id:
                what = f"a trace with the request ids {known} and {line.request_id}"
                result.disagree(what, **_of_line(line))
    return found


def _wire_carries_the_ids(books: Books, result: LawResult, requests: dict[str, str]) -> None:
    for span_id, crossing in books.crossing_of.items():
        attempt = books.attempt_of.get(span_id)
        ids = {"trace_id": crossing.trace_id, "span_id": span_id}
        if attempt is not None and attempt.trace_id != crossing.trace_id:
            result.disagree("a request on the wire that names another trace", **ids)
        told = requests.get(crossing.trace_id)
        if told is not None and told != crossing.request_id:
            what = f"request id {crossing.request_id} on the wire, {told} in the log"
            result.disagree(what, **ids)


def _answers_carry_the_ids(books: Books, result: LawResult, requests: dict[str, str]) -> None:
    """What a user was answered names the trace and the request that tell of it."""
    served: dict[str, set[int]] = {}
    for span in books.served:
        served.setdefault(span.trace_id, set()).add(span.number)
    for told in books.users:
        if told.status is not None and told.trace_id:
            _answer_is_known(books, result, told, served, requests.get(told.trace_id))
        elif told.status is not None and 200 <= told.status < 300:
            result.disagree("an answer that names no trace", subject=told.request_id)


def _answer_is_known(
    books: Books,
    result: LawResult,
    told: Answer,
    served: Mapping[str, set[int]],
    request_id: str | None,
) -> None:
    ids = {"trace_id": told.trace_id, "subject": told.request_id}
    if told.trace_id in served and told.status not in served[told.trace_id]:
        result.disagree(f"a user got {told.status}, which no SERVER span tells", **ids)
    if request_id is None and told.trace_id not in served and not _lost_any(books):
        result.disagree("an answer that names a trace which nothing tells of", **ids)
    elif request_id is not None and told.request_id and request_id != told.request_id:
        what = f"a user was given request id {told.request_id}, the log says {request_id}"
        result.disagree(what, **ids)


def _lost_any(books: Books) -> bool:
    return any(books.losses.of(life.name, SPAN) is not None for life in books.run.lives)


def _of_line(line: Line) -> dict[str, str]:
    return {"trace_id": line.trace_id, "span_id": line.span_id}


def _of_span(span: Span) -> dict[str, str]:
    return {"trace_id": span.trace_id, "span_id": span.span_id}


LAW = Law(
    "L8",
    "log lines lead to spans, SERVER spans to CLIENT spans; one operation, one trace, one request",
    (LEDGER, SPANS, LOGS),
    judge,
    "Each log line against the span that it names, each span against its parent, each "
    "SERVER span against the CLIENT span that asked; what is told of a call or an attempt "
    "stands inside its span. A trace has one request id, which the requests on the wire and "
    "the answers to users carry as well.",
)
