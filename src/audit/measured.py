"""What was measured in one run, in figures, each with the record that it was read from."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from audit.books import Books

_TOLD = {
    "attempts given up for time": "timeout.elapsed",
    "calls refused by an open circuit": "circuit_breaker.reject",
    "changes of a circuit breaker's state": "circuit_breaker.transition",
    "requests refused by the rate limits (429)": "rate_limiting.reject",
    "requests shed unserved": "request.shed",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, as text with its unit, and the record that it was read from."""

    what: str
    value: str
    source: str


def measure(books: Books) -> list[Figure]:
    """The figures that the records of a run allow."""
    return [*_users(books), *_wire(books), *_protections(books), *_telemetry(books)]


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that is not exceeded by this share of all; 0.0 of none."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0


def _users(books: Books) -> Iterator[Figure]:
    answers, source = books.users, "users.jsonl"
    if not answers:
        return
    statuses = Counter(answer.status for answer in answers)
    told = ", ".join(f"{status or 'none'}: {n}" for status, n in sorted(statuses.items(), key=str))
    good = sum(n for status, n in statuses.items() if status and status < 300)
    length_s = max(a.ended_s for a in answers) - min(a.intended_s for a in answers)
    yield Figure("users", str(len({answer.user for answer in answers})), source)
    yield Figure("their requests, by the answer's status", told, source)
    yield Figure("answered with success", f"{100 * good / len(answers):.2f} %", source)
    yield Figure("answers a second", f"{len(answers) / max(length_s, 1e-9):.1f}", source)
    took_s = [answer.ended_s - answer.intended_s for answer in answers]
    for name, share in (("half", 0.5), ("95 %", 0.95), ("99 %", 0.99), ("all", 1.0)):
        value = f"{quantile(took_s, share):.3f} s"
        yield Figure(f"{name} of them answered within, from when they were due", value, source)


def _wire(books: Books) -> Iterator[Figure]:
    for hop in books.client_hops():
        if hop not in books.crossings:
            continue
        sent, source = books.crossings[hop], f"ledger/{hop}.jsonl"
        first = sum(1 for each in sent if each.attempt <= 1)
        faults = sum(1 for each in sent if each.fault)
        yield Figure("attempts on the wire", str(len(sent)), source)
        if first:
            yield Figure("attempts for each first one", f"{len(sent) / first:.3f}", source)
        yield Figure("of them met an injected fault", str(faults), source)


def _protections(books: Books) -> Iterator[Figure]:
    if books.lines:
        for what, event in _TOLD.items():
            yield Figure(what, str(len(books.lines.get(event, ()))), f"log lines of {event}")


def _telemetry(books: Books) -> Iterator[Figure]:
    for life in books.run.lives:
        scrape, source = books.scrape(life.name), f"the last scrape of {life.name}"
        if scrape is None:
            continue
        made = scrape.total("telemetry_made_total")
        dropped = scrape.total("telemetry_dropped_total")
        series = sum(len(samples) for samples in scrape.by_name.values())
        yield Figure(f"spans and lines made by {life.name}", f"{made:g}", source)
        yield Figure("of them dropped", f"{dropped:g}", source)
        yield Figure(f"series of {life.name}", str(series), source)
