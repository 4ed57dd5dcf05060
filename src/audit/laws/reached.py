"""L13: a run that never saw an event proves nothing about it."""

from audit.books import LOGS, METRICS, SPANS, Books
from audit.catalogue import series_name
from audit.laws.law import Law
from audit.laws.result import LawResult, Row, Verdict


def judge(books: Books, result: LawResult) -> None:
    """Each expected event has a log line, and is counted and has a span where it has its own."""
    if not books.run.expected_events:
        result.verdict, result.why = Verdict.NOT_JUDGED, "the run names no expected events"
        return
    for event in books.run.expected_events:
        form = books.catalogue.events.get(event)
        if form is None:
            result.disagree(f"{event} is no event of the catalogue")
            continue
        says: dict[str, float] = {"lines": len(books.lines.get(event, ()))}
        if len(books.catalogue.sharing(form.event.metrics[0])) == 1:
            name = series_name(form.event.metrics[0])
            says["counter"] = sum(s.last.total(name) for s in books.scrapes.values())
        if form.has_own_span:
            says["spans"] = len(books.own.get(event, ()))
        missing = not all(says.values())
        result.add(
            Row(event, says, Verdict.FAILED, 1, "never happened") if missing else Row(event, says)
        )


LAW = Law(
    "L13",
    "each expected event happened",
    (METRICS, SPANS, LOGS),
    judge,
    "Each event that the run should provoke against the log lines and, where it has its "
    "own, the counter and the spans: a run in which the circuit never opened proves nothing "
    "about it. Not judged when the run names none.",
)
