"""The last trace worth a look, cut to what a terminal can hold."""

from collections.abc import Iterable, Sequence

from resilience.telemetry.trace import SpanRecord


def latest(spans: Iterable[SpanRecord], wanted: Sequence[str] = ()) -> Sequence[SpanRecord]:
    """Of the newest complete trace, or the newest with a span that is wanted: all but the database.

    Of the API's spans only those that no call of the agent tells of stay.
    """
    traces: dict[str, list[SpanRecord]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, []).append(span)
    complete = [trace for trace in traces.values() if any(not s.parent_id for s in trace)]
    best = [trace for trace in complete if any(s.name in wanted for s in trace)] or complete
    newest = max(best, key=lambda trace: max(s.end_ns for s in trace), default=[])
    roots = {span.service for span in newest if not span.parent_id}
    return [span for span in newest if span.service in roots and not _is_query(span)]


def _is_query(span: SpanRecord) -> bool:
    return any(name.startswith("db.") for name in span.attributes)
