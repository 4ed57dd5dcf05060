"""What booking tells of itself."""

from collections.abc import Iterator

import pytest

from booking.events import BUILD_INFO, CATALOGUE, GAUGES, AppointmentDecided, build_info
from booking.service.ports import Outcome
from resilience.gauges import GAUGES as LIBRARY_GAUGES
from resilience.testing.signals import Signals


@pytest.fixture
def signals() -> Iterator[Signals]:
    """Real telemetry that knows booking's events."""
    captured = Signals(catalogue=CATALOGUE)
    yield captured
    captured.close()


def test_every_outcome_is_a_series_from_the_start(signals: Signals) -> None:
    """All of them are there at 0 before anything happened."""
    series = {
        sample.labels["result"]: sample.value
        for sample in signals.samples()
        if sample.name == "booking_appointments_total"
    }
    assert series == dict.fromkeys(Outcome, 0.0)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_decision_is_a_count_a_line_and_an_attribute(signals: Signals, outcome: Outcome) -> None:
    """The three agree on the result and on the span."""
    with signals.observe("create_appointment"):
        signals.emit(AppointmentDecided(result=outcome))
    (span,) = signals.spans()
    (line,) = signals.lines("booking.appointment")
    assert (dict(span.attributes), span.status) == ({"booking.result": outcome.value}, "unset")
    assert (line["result"], line["span_id"], line["level"]) == (outcome, span.span_id, "info")
    assert signals.value("booking_appointments_total", result=outcome.value) == 1.0


def test_the_build_is_a_gauge_of_one(signals: Signals) -> None:
    """Version and revision are its labels."""
    signals.telemetry.watch(build_info("1.2.3", "abc"))
    assert signals.value("booking_build_info", version="1.2.3", revision="abc") == 1.0


def test_gauges_have_names_of_their_own() -> None:
    """None of booking's is one of the library's."""
    names = [gauge.name for gauge in (*LIBRARY_GAUGES, *GAUGES)]
    assert BUILD_INFO in GAUGES
    assert len(set(names)) == len(names)
