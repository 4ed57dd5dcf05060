"""L4: every 429 that a server sent is told by it, and every one that arrived by its client."""

from collections import Counter
from collections.abc import Iterable, Mapping

from audit.books import LEDGER, LOGS, METRICS, SPANS, Books
from audit.laws.facts import event_balances
from audit.laws.law import Law
from audit.laws.limits import limits_were_kept
from audit.laws.result import LawResult, Row, Verdict
from audit.laws.weighing import weigh
from audit.losses import LOG, SPAN
from audit.records import Crossing, Line

SERVER_EVENT, CLIENT_EVENT = "rate_limiting.reject", "rate_limited.received"
_ANSWERED = ("request.served", SERVER_EVENT)
_TOO_MANY = 429


def judge(books: Books, result: LawResult) -> None:
    """What each server sent, what each client received, and that the limits hold on the wire."""
    for service in sorted({hop.server for hop in books.run.hops}):
        _server_balances(books, result, service)
    for life in books.run.lives:
        _client_balances(books, result, life.name)
    event_balances(books, result, CLIENT_EVENT)
    _each_arrived(books, result)
    limits_were_kept(books, result)


def _server_balances(books: Books, result: LawResult, service: str) -> None:
    """In each life what its limiter refused; over all lives what the wire saw of 429s."""
    lives = [life.name for life in books.run.lives_of(service)]
    for life in lives:
        says = _refused_by(books, life)
        if any(says.values()):
            result.add(weigh(books, life, f"{life} rejections", says))
    crossings = list(_served_by(books, service))
    ledger = sum(crossing.upstream_status == _TOO_MANY for crossing in crossings)
    spans = sum(span.number == _TOO_MANY for span in books.watched(service))
    past = {span.span_id for span in books.served} - {s.span_id for s in books.watched(service)}
    lines = sum(
        _is_429(line) and line.life in lives and line.span_id not in past
        for line in _served_lines(books)
    )
    lost = sum(crossing.may_be_done for crossing in crossings)
    if lives and (ledger or spans or lines):
        seen = {"ledger": ledger, "spans": spans, "lines": lines}
        result.add(_against_ledger(books, lives, service, seen, lost))


def _refused_by(books: Books, life: str) -> dict[str, float]:
    """A 429 that is only passed on, from a service behind, is none of the limiter's."""
    scrape = books.scrape(life)
    counted = scrape.total("rate_limiting_requests_total", result="rejected") if scrape else 0
    spans = sum(s.life == life and s.labels[3] == "rejected" for s in books.served)
    lines = sum(line.life == life for line in books.lines.get(SERVER_EVENT, ()))
    return {"counter": counted, "spans": spans, "lines": lines}


def _served_lines(books: Books) -> Iterable[Line]:
    return (line for event in _ANSWERED for line in books.lines.get(event, ()))


def _is_429(line: Line) -> bool:
    return line.labels[2] == str(_TOO_MANY)


def _served_by(books: Books, service: str) -> Iterable[Crossing]:
    hops = [hop.name for hop in books.run.hops if hop.server == service]
    return (crossing for hop in hops for crossing in books.crossings.get(hop, ()))


def _against_ledger(
    books: Books, lives: list[str], service: str, says: Mapping[str, int], lost: int
) -> Row:
    """The server may have sent more than the ledger saw, by no more than answers were lost."""
    scope = f"{service} 429s on the wire"
    told = (says["spans"], says["lines"])
    residual = max(told) - says["ledger"]
    lossy = [life for life in lives if _told_loss(books, life)]
    if min(told) != max(told) and not lossy:
        return Row(scope, says, Verdict.FAILED, max(told) - min(told))
    if residual == 0:
        return Row(scope, says)
    if 0 < residual <= lost:
        return Row(scope, says, residual=residual, why=f"answers lost, of {lost} such requests")
    if residual < 0 and lossy:
        return Row(scope, says, residual=residual, why=f"lost with {', '.join(lossy)}")
    return Row(scope, says, Verdict.FAILED, residual)


def _told_loss(books: Books, life: str) -> bool:
    return any(books.losses.of(life, signal) is not None for signal in (SPAN, LOG))


def _client_balances(books: Books, result: LawResult, life: str) -> None:
    """What the client counts as 429 is what it counts as attempts that ended so."""
    scrape = books.scrape(life)
    attempts = Counter(s.labels[2] for s in books.attempts if s.life == life)["429"]
    counted = scrape.total("resilience_attempts_total", error_type="429") if scrape else 0
    received = scrape.total("resilience_rate_limited_total") if scrape else 0
    lines = sum(line.life == life for line in books.lines.get(CLIENT_EVENT, ()))
    if not (attempts or counted or received or lines):
        return
    row = weigh(
        books,
        life,
        f"{life} 429s received",
        {"counter": counted, "spans": attempts, "lines": lines},
    )
    result.add(row)
    says = {"attempts": counted, "rate limited": received}
    if counted != received:
        residual = abs(counted - received)
        result.add(Row(f"{life} 429s counted twice", says, Verdict.FAILED, residual))


def _each_arrived(books: Books, result: LawResult) -> None:
    """One by one: the ledger's 429 is the attempt's, unless it was cut off on its way."""
    cut = 0
    for span_id, crossing in books.crossing_of.items():
        attempt = books.attempt_of.get(span_id)
        if attempt is None:
            continue
        ended = attempt.labels[2]
        if (crossing.status == _TOO_MANY) == (ended == "429"):
            continue
        if ended != "429" and (crossing.fault or crossing.closed_early):
            cut += 1
            continue
        result.disagree(
            f"{crossing.status} on the wire, but the attempt ended as {ended or 'answered'}",
            trace_id=attempt.trace_id,
            span_id=span_id,
        )
    if cut:
        result.add(Row("429s on the wire", {"ledger": cut}, residual=cut, why="cut off by a fault"))


LAW = Law(
    "L4",
    "429s in the ledger = rejections counted = SERVER spans with 429 = log lines; received too",
    (LEDGER, METRICS, SPANS, LOGS),
    judge,
    "Each server's refusals by counter, SERVER spans and log lines, and its 429s against "
    "the ledger; each client's received 429s by both of its counters, its spans and its log "
    "lines, and one by one against the ledger. By the ledger no user was admitted more "
    "often than the run's limits allow in any window.",
)
