"""L6: the breaker went a legal way, told all of it, and kept from the wire what it refused."""

from collections import defaultdict

from audit.books import LEDGER, LOGS, METRICS, SPANS, Books
from audit.breaker_path import Stay, in_order, is_legal, stays
from audit.laws.breaker_calls import calls_obey, refused_were_not_sent
from audit.laws.facts import event_balances
from audit.laws.law import Law
from audit.laws.result import LawResult, Row, Verdict
from audit.laws.weighing import UNDER_WAY, ended_meanwhile, weigh
from audit.losses import METRIC
from audit.records import Line
from audit.run import Life
from audit.sources.metrics import Scrape

TRANSITION, REJECTION = "circuit_breaker.transition", "circuit_breaker.reject"
ATTEMPT = "attempt.finished"
_STARTING_S = 30.0
_MARGIN_S = 0.25
"""A transition is told this much after it happened at most."""


def judge(books: Books, result: LawResult) -> None:
    """The events' signals; then each breaker of each life against the model."""
    event_balances(books, result, TRANSITION)
    event_balances(books, result, REJECTION)
    refused_were_not_sent(books, result)
    for life in books.run.lives:
        scrape = books.scrape(life.name)
        for target in _targets(scrape):
            assert scrape is not None
            _calls_balance(books, result, life, target, scrape)
            path = _path(books, result, life, target)
            stayed = stays(path, life.started_s)
            _state_is_the_last(books, result, life, target, stayed)
            _times_add_up(books, result, life, target, stayed)
            calls_obey(books, result, life, target, stayed)


def _targets(scrape: Scrape | None) -> list[str]:
    found = scrape.known("resilience_circuit_breaker_state", "target") if scrape else ()
    return sorted(found)


def _path(books: Books, result: LawResult, life: Life, target: str) -> list[Line]:
    lines = [
        line
        for line in books.lines.get(TRANSITION, ())
        if line.life == life.name and line.labels[0] == target
    ]
    path = []
    for line, state in in_order(lines):
        _, left, entered, reason = line.labels[:4]
        ids = {"trace_id": line.trace_id, "span_id": line.span_id}
        if left != state:
            result.disagree(f"a transition from {left} while the circuit was {state}", **ids)
        if not is_legal(line):
            result.disagree(f"{left} to {entered} for {reason} is no transition", **ids)
        path.append(line)
    return path


def _calls_balance(
    books: Books, result: LawResult, life: Life, target: str, scrape: Scrape
) -> None:
    calls = scrape.counts("resilience_circuit_breaker_calls_total", ("target", "outcome"))
    judged = sum(calls[target, how] for how in ("success", "failure", "ignored"))
    attempts = int(scrape.total("resilience_attempts_total", target=target))
    under_way = int(scrape.total("resilience_operations_in_progress", target=target))
    says = {"breaker": judged, "attempts": attempts}
    row = Row(f"{life.name} calls judged", says)
    if judged != attempts:
        off = abs(judged - attempts)
        moving = under_way + ended_meanwhile(books, life.name, scrape, [ATTEMPT], (target,))
        excused = books.losses.of(life.name, METRIC) is not None and off <= moving
        verdict = Verdict.PASSED if excused else Verdict.FAILED
        row = Row(row.scope, says, verdict, off, UNDER_WAY if excused else "")
    result.add(row)
    told = int(scrape.total("resilience_circuit_breaker_rejections_total", target=target))
    says = {"breaker": calls[target, "rejected"], "counter": told}
    result.add(weigh(books, life.name, f"{life.name} calls refused", says))


def _state_is_the_last(
    books: Books, result: LawResult, life: Life, target: str, stayed: list[Stay]
) -> None:
    """The gauge shows the state that the path had come to when it was read."""
    scrape = books.scrape(life.name)
    if scrape is None or (life.killed and scrape.at_s is None):
        return
    shown = [
        sample.labels["state"]
        for sample in scrape.by_name["resilience_circuit_breaker_state"]
        if sample.labels.get("target") == target and sample.value == 1
    ]
    expected = stayed[-1].state
    if life.killed and scrape.at_s is not None:
        expected = next(s.state for s in reversed(stayed) if s.since_s <= scrape.at_s)
    if shown != [expected]:
        says = {f"path: {expected}": 1, f"gauge: {', '.join(shown) or 'none'}": 1}
        result.add(Row(f"{life.name} state", says, Verdict.FAILED, 1))


def _times_add_up(
    books: Books, result: LawResult, life: Life, target: str, stayed: list[Stay]
) -> None:
    scrape = books.scrape(life.name)
    assert scrape is not None
    spent: dict[str, float] = defaultdict(float)
    name = "resilience_circuit_breaker_state_seconds_total"
    for sample in scrape.by_name.get(name, ()):
        if sample.labels.get("target") == target:
            spent[sample.labels["state"]] += sample.value
    if not life.killed:
        _each_time_fits(result, life, stayed, spent)
    if scrape.at_s is not None:
        lived_s, total_s = scrape.at_s - life.started_s, sum(spent.values())
        fits = -_MARGIN_S <= lived_s - total_s <= _STARTING_S
        says = {"lived": round(lived_s, 2), "in all states": round(total_s, 2)}
        verdict = Verdict.PASSED if fits else Verdict.FAILED
        residual = 0.0 if fits else round(lived_s - total_s, 3)
        result.add(Row(f"{life.name} seconds", says, verdict, residual))


def _each_time_fits(
    result: LawResult, life: Life, stayed: list[Stay], spent: dict[str, float]
) -> None:
    """Of the states that the path has left: what it says and what the counter says."""
    for state in sorted({*spent, *(stay.state for stay in stayed)}):
        if state in (stayed[0].state, stayed[-1].state):
            continue  # their begin or their end is not told
        own = [stay for stay in stayed if stay.state == state]
        expected_s = sum((stay.until_s or 0.0) - stay.since_s for stay in own)
        off_s = abs(expected_s - spent[state])
        if off_s > _MARGIN_S * (len(own) + 1):
            says = {"path": round(expected_s, 2), "counter": round(spent[state], 2)}
            scope = f"{life.name} seconds {state}"
            result.add(Row(scope, says, Verdict.FAILED, round(off_s, 3)))


LAW = Law(
    "L6",
    "the breaker's transitions are a legal path; refused calls never cross; one probe at a time",
    (LEDGER, METRICS, SPANS, LOGS),
    judge,
    "Each transition and each refusal by counter, span and log line. The log lines of one "
    "circuit are a path that a breaker may go; the gauge shows where it ended, and the "
    "seconds in each state fit. As many calls were judged as attempts were made. By the "
    "spans nothing is sent by an operation after its refusal or while the circuit is open, "
    "there is one probe at a time, and it opened when it had to.",
)
