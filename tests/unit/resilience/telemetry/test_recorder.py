"""One event in, exactly three signals out; and a sink in trouble disturbs nobody."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from resilience.client_events import OperationFinished, RetrySuppressed
from resilience.declare import Event
from resilience.telemetry.counters import Counters
from resilience.telemetry.logs import Logs
from resilience.telemetry.recorder import Recorder
from resilience.telemetry.spans import Spans
from resilience.testing.signals import Signals
from resilience.vocabulary import ErrorType, Outcome, StopReason

SUPPRESSED = RetrySuppressed(
    target="api",
    operation="get_appointment",
    stop_reason=StopReason.DEADLINE,
    reason=ErrorType.UNAVAILABLE,
    attempt=2,
)
FINISHED = OperationFinished(
    target="api",
    operation="get_appointment",
    outcome=Outcome.ERROR,
    retried=True,
    stop_reason=StopReason.DEADLINE,
    error_type=ErrorType.UNAVAILABLE,
    attempts=2,
    waited_s=1.0,
    deadline_s=67.0,
    duration_s=1.5,
)


def test_an_event_with_an_own_span_is_one_span_one_increment_one_line() -> None:
    """All three carry the same ids."""
    with Signals() as signals:
        signals.emit(SUPPRESSED)
        (span,) = signals.spans()
        (line,) = signals.lines()
        exemplars = _exemplars(signals, "resilience_retries_suppressed_total")
        count = signals.total("resilience_retries_suppressed_total")
    ids = {"trace_id": span.trace_id, "span_id": span.span_id}
    assert (count, exemplars) == (1, [ids])
    line = {key: value for key, value in line.items() if key != "timestamp"}
    assert line == {
        **ids,
        "trace_flags": "01",
        "level": "warning",
        "event": "retry.suppressed",
        "logger": "resilience",
        "service": "test",
        "target": "api",
        "operation": "get_appointment",
        "stop_reason": "deadline",
        "reason": "503",
        "attempt": 2,
    }


def test_an_event_of_the_current_span_makes_none_of_its_own() -> None:
    """The surrounding span is completed; metric and line carry its ids."""
    with Signals() as signals:
        with signals.observe("work"):
            signals.emit(FINISHED)
        (span,) = signals.spans()
        (line,) = signals.lines()
        exemplars = _exemplars(signals, "resilience_operations_total")
    ids = {"trace_id": span.trace_id, "span_id": span.span_id}
    assert (span.name, span.status, exemplars) == ("work", "error", [ids])
    assert {key: line[key] for key in ids} == ids


def _exemplars(signals: Signals, name: str) -> list[dict[str, str]]:
    body = signals.telemetry.metrics("application/openmetrics-text")[1].decode()
    families = text_string_to_metric_families(body)  # type: ignore[no-untyped-call]  # untyped there
    samples = [sample for family in families for sample in family.samples]
    return [s.exemplar.labels for s in samples if s.name == name and s.exemplar]


class Sinks:
    """Three sinks that write down who was called, and of which some raise."""

    def __init__(self, *broken: str) -> None:
        self.called: list[str] = []
        self._broken = broken

    def act(self, name: str, result: Any = None) -> Callable[..., Any]:
        """What a sink does."""

        def called(*_: Any) -> Any:
            self.called.append(name)
            if name in self._broken:
                raise RuntimeError("no")
            return result

        return called

    def recorder(self) -> Recorder:
        """A recorder of the three."""
        span = _Object(get_span_context=self.act("ids", _Object(is_valid=False)))
        span.end = self.act("end")
        return Recorder(
            cast(Spans, _Object(open=self.act("span", (span, True)))),
            cast(Counters, _Object(record=self.act("metric"))),
            cast(Logs, _Object(record=self.act("log"))),
        )


class _Object:
    def __init__(self, **members: Any) -> None:
        self.__dict__.update(members)

    end: Any


@pytest.mark.fault(21)
@pytest.mark.parametrize(
    ("broken", "called", "failed"),
    [
        ((), ["span", "ids", "metric", "log", "end"], {}),
        (("span",), ["span", "metric", "log"], {"span": 1}),
        (("ids",), ["span", "ids", "metric", "log", "end"], {"span": 1}),
        (("metric",), ["span", "ids", "metric", "log", "end"], {"metric": 1}),
        (("log",), ["span", "ids", "metric", "log", "end"], {"log": 1}),
        (("end",), ["span", "ids", "metric", "log", "end"], {"span": 1}),
        (
            ("span", "metric", "log"),
            ["span", "metric", "log"],
            {"span": 1, "metric": 1, "log": 1},
        ),
    ],
    ids=str,
)
def test_a_sink_that_raises_disturbs_neither_caller_nor_the_others(
    broken: tuple[str, ...], called: list[str], failed: dict[str, int]
) -> None:
    """Every other sink is called, the span is ended, and the failure is counted."""
    sinks = Sinks(*broken)
    recorder = sinks.recorder()
    recorder(SUPPRESSED)
    assert sinks.called == called
    assert {reading.values: reading.value for reading in recorder.readings()} == {
        (signal, "raised"): failed.get(signal, 0) for signal in ("span", "metric", "log")
    }


@pytest.mark.fault(21)
def test_an_event_that_nobody_declared_is_still_a_span_and_a_line() -> None:
    """An event outside the catalogue has no metric, which is counted as a failure."""
    with Signals(catalogue=(OperationFinished,)) as signals:
        signals.emit(cast(Event, SUPPRESSED))
        assert (len(signals.spans()), len(signals.lines())) == (1, 1)
        assert signals.value("telemetry_failures_total", signal="metric", reason="raised") == 1


def test_a_span_that_is_not_its_own_is_left_open() -> None:
    """Whoever opened it will end it."""
    sinks = Sinks()
    span = _Object(get_span_context=sinks.act("ids", _Object(is_valid=False)))
    span.end = sinks.act("end")
    recorder = sinks.recorder()
    recorder._spans = cast(Spans, _Object(open=sinks.act("span", (span, False))))
    recorder(SUPPRESSED)
    assert sinks.called == ["span", "ids", "metric", "log"]


def test_every_failure_of_a_sink_is_counted() -> None:
    """Three failures are three."""
    recorder = Sinks("log").recorder()
    for _ in range(3):
        recorder(SUPPRESSED)
    assert [reading.value for reading in recorder.readings()] == [0, 0, 3]
