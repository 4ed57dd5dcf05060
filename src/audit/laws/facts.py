"""One event, three signals: counter, spans and log lines, label by label and one by one."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from audit.books import Books
from audit.catalogue import Form, Row, series_name
from audit.laws.result import LawResult
from audit.laws.weighing import Absences, weigh
from audit.losses import LOG, SPAN
from resilience.declare import Measure, Metric, label_names

OTHER = "other"
Labels = tuple[str, ...]


def event_balances(books: Books, result: LawResult, event: str) -> None:
    """Judge all metrics of an event, and that each of its spans has a line and each line a span."""
    form = books.catalogue.events[event]
    for metric in form.event.metrics:
        metric_balances(books, result, metric, [form])
    if form.has_own_span:
        spans_have_lines(books, result, event)


def metric_balances(books: Books, result: LawResult, metric: Metric, forms: Sequence[Form]) -> None:
    """Judge one metric in each life: its count is that of the lines, and of the spans."""
    names = label_names(forms[0].event, metric)
    witness = "histogram" if isinstance(metric, Measure) else "counter"
    for life in books.run.lives:
        counted = _counted(books, life.name, metric, names)
        if counted is None:
            continue
        fold = _folder(books, life.name, series_name(metric), names)
        heard = {witness: counted, "lines": _lines(books, life.name, metric, forms, fold)}
        if all(form.has_own_span for form in forms):
            heard["spans"] = _spans(books, life.name, metric, forms, fold)
        weigh_by_label(books, result, life.name, metric.name, heard)


def weigh_by_label(
    books: Books, result: LawResult, life: str, fact: str, heard: dict[str, Counter[Labels]]
) -> None:
    """Enter the sum of a fact in a life, and each combination of labels that does not balance."""
    keys = sorted(set().union(*heard.values()))
    rows = [
        weigh(
            books,
            life,
            f"{life} {fact}{{{','.join(key)}}}",
            {who: counts[key] for who, counts in heard.items()},
        )
        for key in keys
    ]
    if not rows:
        return
    says = {who: counts.total() for who, counts in heard.items()}
    result.add(weigh(books, life, f"{life} {fact}", says))
    for row in rows:
        if not row.is_plain:
            result.add(row)


def spans_have_lines(books: Books, result: LawResult, event: str) -> None:
    """Each span of an event has one line with its id, and each line one span."""
    spans = books.own.get(event, ())
    lines = books.lines.get(event, ())
    absences = Absences(books, result)
    told = {line.span_id for line in lines}
    made = {span.span_id for span in spans}
    for span in spans:
        if span.span_id not in told:
            what = f"a span of {event} without a log line"
            absences.miss(what, span.life, LOG, span.ended_s, **_ids(span.trace_id, span.span_id))
    for line in lines:
        if line.span_id not in made:
            what = f"a log line of {event} without its span"
            absences.miss(what, line.life, SPAN, line.at_s, **_ids(line.trace_id, line.span_id))
    absences.close()
    each_once(result, (line.span_id for line in lines), f"log lines of {event} with one span id")


def each_once(result: LawResult, ids: Iterable[str], what: str) -> None:
    """Nothing is told twice."""
    for span_id, count in Counter(ids).items():
        if count > 1 and span_id:
            result.disagree(f"{count} {what}", span_id=span_id)


def _ids(trace_id: str, span_id: str) -> dict[str, str]:
    return {"trace_id": trace_id, "span_id": span_id}


def _counted(
    books: Books, life: str, metric: Metric, names: Sequence[str]
) -> Counter[Labels] | None:
    scrape, name = books.scrape(life), series_name(metric)
    if scrape is None:
        return None
    return scrape.counts(name, names)


def _folder(books: Books, life: str, name: str, names: Sequence[str]) -> Callable[[Labels], Labels]:
    """A label value outside its closed set is counted as "other"."""
    scrape = books.scrape(life)
    known = [scrape.known(name, label) if scrape else frozenset() for label in names]

    def fold(row: Labels) -> Labels:
        if all(value in values for value, values in zip(row, known, strict=True)):
            return row
        return tuple(
            value if value in values or OTHER not in values else OTHER
            for value, values in zip(row, known, strict=True)
        )

    return fold


def _lines(
    books: Books,
    life: str,
    metric: Metric,
    forms: Sequence[Form],
    fold: Callable[[Labels], Labels],
) -> Counter[Labels]:
    found: Counter[Labels] = Counter()
    for form in forms:
        rows = Counter(line.labels for line in books.lines.get(form.name, ()) if line.life == life)
        found.update(_projected(rows, form.projection(metric), fold))
    return found


def _spans(
    books: Books,
    life: str,
    metric: Metric,
    forms: Sequence[Form],
    fold: Callable[[Labels], Labels],
) -> Counter[Labels]:
    found: Counter[Labels] = Counter()
    for form in forms:
        rows = Counter(span.labels for span in books.own.get(form.name, ()) if span.life == life)
        found.update(_projected(rows, form.projection(metric), fold))
    return found


def _projected(
    rows: Counter[Row],
    project: Callable[[Row], Row | None],
    fold: Callable[[Labels], Labels],
) -> Counter[Labels]:
    found: Counter[Labels] = Counter()
    for row, count in rows.items():
        labels = project(row)
        if labels is not None:
            found[fold(labels)] += count
    return found
