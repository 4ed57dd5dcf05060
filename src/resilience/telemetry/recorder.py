"""One event in, three signals out."""

import threading
from collections import Counter
from collections.abc import Iterable

from resilience.declare import Event
from resilience.gauges import TELEMETRY_FAILURES, Reading
from resilience.telemetry.counters import Counters
from resilience.telemetry.logs import Logs
from resilience.telemetry.spans import NO_IDS, Spans, ids_of

SIGNALS = ("span", "metric", "log")


class Recorder:
    """An `Emit` that makes the span, the metrics and the log line of each event.

    All three carry the same trace and span id. A sink that raises disturbs neither the caller
    nor the other sinks; it is counted in `telemetry_failures_total`.
    """

    def __init__(self, spans: Spans, counters: Counters, logs: Logs) -> None:
        self._spans = spans
        self._counters = counters
        self._logs = logs
        self._failures: Counter[str] = Counter(dict.fromkeys(SIGNALS, 0))
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Record one event; never raises."""
        span, own, ids = None, False, NO_IDS
        try:
            span, own = self._spans.open(event)
            ids = ids_of(span)
        except Exception:  # a sink's trouble is counted, not passed on
            self._failed("span")
        try:
            self._counters.record(event, ids)
        except Exception:  # as above
            self._failed("metric")
        try:
            self._logs.record(event, ids)
        except Exception:  # as above
            self._failed("log")
        if own and span is not None:
            self._end(span)

    def readings(self) -> Iterable[Reading]:
        """How many events each sink failed to record."""
        with self._lock:
            failures = dict(self._failures)
        for signal in SIGNALS:
            yield Reading(TELEMETRY_FAILURES, (signal, "raised"), failures[signal])

    def _end(self, span: object) -> None:
        try:
            span.end()  # type: ignore[attr-defined]  # a span, kept opaque here
        except Exception:  # as above
            self._failed("span")

    def _failed(self, signal: str) -> None:
        with self._lock:
            self._failures[signal] += 1
