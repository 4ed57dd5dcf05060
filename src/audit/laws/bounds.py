"""L12: only declared series, with declared values, and no more than these allow."""

from collections.abc import Mapping
from itertools import islice
from math import prod
from typing import Any

from audit.books import METRICS, Books
from audit.laws.law import Law
from audit.laws.result import LawResult, Row, Verdict
from audit.sources.metrics import Scrape
from resilience.declare import Domain, Measure, label_names, label_values
from resilience.telemetry.scrape import series

_FOREIGN = ("process_", "python_", "go_", "scrape_", "up")
_STATUS = "http_response_status_code"
_STATUSES = frozenset(("", "other", *map(str, range(100, 600))))
_SUFFIXES = ("_total", "_bucket", "_count", "_sum", "_created", "_info", "")
_WARM = 3
"""One in so many scrapes is warm-up."""
_MOST_TOLD = 5


def judge(books: Books, result: LawResult) -> None:
    """The values of every label, the number of series, and their growth, in each life."""
    declared = _declared(books)
    for life, scrapes in books.scrapes.items():
        strangers = list(_strangers(scrapes.last, declared))
        for stranger in islice(strangers, _MOST_TOLD):
            result.disagree(f"{life}: {stranger}")
        result.more += max(0, len(strangers) - _MOST_TOLD)
        counts = [len(set(series(path.read_text(encoding="utf-8")))) for path in scrapes.paths]
        last = counts[-1] if counts else sum(map(len, scrapes.last.by_name.values()))
        warm = counts[(len(counts) - 1) // _WARM] if counts else last
        budget = _budget(scrapes.last, declared)
        says = {"after warm-up": warm, "at the end": last, "budget": budget}
        over = last > budget
        why = f"{last - warm} declared series first needed later" if last > warm else ""
        verdict = Verdict.FAILED if over else Verdict.PASSED
        result.add(Row(f"{life} series", says, verdict, max(0, last - warm), why))


class _Declared:
    """One metric: the closed set of each of its labels, or None where a process names it."""

    def __init__(self, labels: Mapping[str, frozenset[str] | None], copies: int = 1) -> None:
        self.labels, self.copies = labels, copies


def _declared(books: Books) -> dict[str, _Declared]:
    found: dict[str, _Declared] = {}
    for metric, forms in books.catalogue.metrics():
        event = forms[0].event
        labels = {name: _closed(event.labels[name]) for name in label_names(event, metric)}
        copies = len(metric.buckets) + 3 if isinstance(metric, Measure) else 1
        found[metric.name] = _Declared(labels, copies)
    for gauge in books.catalogue.gauges.values():
        found[gauge.name] = _Declared(dict.fromkeys(gauge.labels))
    return found


def _closed(kind: Any) -> frozenset[str] | None:
    if any(isinstance(mark, Domain) for mark in getattr(kind, "__metadata__", ())):
        return None
    return frozenset(label_values(kind, {})) | {"other"}


def _strangers(scrape: Scrape, declared: Mapping[str, _Declared]) -> "list[str]":
    """Series that nobody declared, and values outside their closed sets."""
    found = []
    for name, samples in scrape.by_name.items():
        metric = _metric_of(name, declared)
        if metric is None:
            if not name.startswith(_FOREIGN):
                found.append(f"{name} is declared nowhere")
            continue
        for sample in samples:
            for label, value in sample.labels.items():
                if label != "le" and not _may_be(metric, label, value):
                    found.append(f"{name} has {label}={value[:60]!r}, outside its closed set")
    return found


def _metric_of(name: str, declared: Mapping[str, _Declared]) -> _Declared | None:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and (found := declared.get(name.removesuffix(suffix))):
            return found
    return None


def _may_be(metric: _Declared, label: str, value: str) -> bool:
    if label not in metric.labels:
        return False
    closed = metric.labels[label]
    if label == _STATUS:
        return value in _STATUSES
    return closed is None or value in closed


def _budget(scrape: Scrape, declared: Mapping[str, _Declared]) -> int:
    """The most series that the declarations allow, with the values that the process named."""
    total, seen = 0, set()
    for name, samples in scrape.by_name.items():
        metric = _metric_of(name, declared)
        if metric is None:
            total += len(samples)
            continue
        if id(metric) in seen:
            continue
        seen.add(id(metric))
        sizes = [
            len(closed) if closed else len({s.labels.get(label) for s in samples}) + 1
            for label, closed in metric.labels.items()
        ]
        total += prod(sizes) * metric.copies
    return total


LAW = Law(
    "L12",
    "series stay declared and within the budget",
    (METRICS,),
    judge,
    "Every series of the last scrape against the declarations: its metric is declared, each "
    "label has a value of its closed set, and there are no more series than the "
    "declarations allow. Series that came after the warm-up are named, and are no failure.",
)
