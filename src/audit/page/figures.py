"""The charts of a run: how fast it was, what was answered, and what the protections did."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from audit.books import Books
from audit.measured import quantile
from audit.page.axis import Axis, Stretch
from audit.page.chart import Chart, bars, lines
from audit.records import Answer, Crossing, Line

TRANSITION = "circuit_breaker.transition"
_FIRST_STATE = "closed"
_TOLD = {
    "retries": "retry.started",
    "timeouts": "timeout.elapsed",
    "refused by an open circuit": "circuit_breaker.reject",
    "429s received": "rate_limited.received",
    "429s served": "rate_limiting.reject",
    "shed": "request.shed",
}
_CLASSES = ("2xx", "4xx", "429", "5xx", "no answer")


def charts(books: Books) -> list[Chart]:
    """The charts that the records allow, from top to bottom."""
    axis = Axis(_ends_s(books), books.run.faults)
    found = []
    if books.users:
        found.append(_latency(axis, books.users))
        found.append(_answers(axis, books.users))
    if sent := [each for hop in books.client_hops() for each in books.crossings.get(hop, ())]:
        found.append(_sends(axis, sent))
    if books.lines:
        found.append(_protections(axis, books))
    if books.lines.get(TRANSITION):
        found.append(_breakers(axis, books.lines[TRANSITION]))
    return found


def _ends_s(books: Books) -> float:
    """When the last thing happened."""
    ends = [answer.ended_s for answer in books.users]
    ends += [each.ended_s for crossings in books.crossings.values() for each in crossings]
    ends += [line.at_s for told in books.lines.values() for line in told]
    ends += [fault.to_s for fault in books.run.faults]
    return max(ends, default=1.0)


def _latency(axis: Axis, answers: Sequence[Answer]) -> Chart:
    binned: list[list[float]] = [[] for _ in range(axis.bins)]
    for answer in answers:
        binned[axis.bin_of(answer.ended_s)].append(answer.ended_s - answer.intended_s)
    values = {
        "median": [quantile(each, 0.5) for each in binned],
        "95 %": [quantile(each, 0.95) for each in binned],
        "slowest": [max(each, default=0.0) for each in binned],
    }
    return lines(axis, "Seconds from when a request was due to its answer", values)


def _answers(axis: Axis, answers: Sequence[Answer]) -> Chart:
    moments: dict[str, list[float]] = {name: [] for name in _CLASSES}
    for answer in answers:
        moments[_class_of(answer.status)].append(answer.ended_s)
    return bars(axis, "Answers to users a second", moments)


def _class_of(status: int | None) -> str:
    if not status:
        return "no answer"
    if status == 429:
        return "429"
    return {4: "4xx", 5: "5xx"}.get(status // 100, "2xx")


def _sends(axis: Axis, sent: Sequence[Crossing]) -> Chart:
    moments = {
        "first attempts": [each.began_s for each in sent if each.attempt <= 1 and not each.fault],
        "resends": [each.began_s for each in sent if each.attempt > 1 and not each.fault],
        "met a fault": [each.began_s for each in sent if each.fault],
    }
    return bars(axis, "Attempts on the wire a second, by the ledger", moments)


def _protections(axis: Axis, books: Books) -> Chart:
    moments = {
        name: [line.at_s for line in books.lines.get(event, ())] for name, event in _TOLD.items()
    }
    return bars(axis, "What the protections did, a second", moments)


def _breakers(axis: Axis, transitions: Sequence[Line]) -> Chart:
    told: Mapping[str, list[Line]] = defaultdict(list)
    for line in sorted(transitions, key=lambda line: line.at_s):
        told[f"{line.life} to {line.labels[0]}"].append(line)
    rows = [(name, list(_states(axis, found))) for name, found in sorted(told.items())]
    return Chart(title="Circuit breakers", axis=axis, rows=rows)


def _states(axis: Axis, transitions: Sequence[Line]) -> Iterable[Stretch]:
    state, since_s = _FIRST_STATE, 0.0
    for line in transitions:
        yield axis.stretch(since_s, line.at_s, f"{state} from {since_s:.2f} s", state)
        state, since_s = line.labels[2], line.at_s
    yield axis.stretch(since_s, axis.ends_s, f"{state} from {since_s:.2f} s", state)
