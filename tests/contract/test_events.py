"""The contract of the catalogue: each event leaves one span, one increment and one log line."""

from collections import Counter

import pytest
from tests.contract.booking_scenarios import BOOKING
from tests.contract.client_scenarios import CLIENT
from tests.contract.evidence import Change, evidence
from tests.contract.scenario import Scenario
from tests.contract.server_scenarios import SERVER

from booking.bootstrap import EVENTS
from resilience.declare import Count, Domains, Event
from resilience.testing import Signals

SCENARIOS = (*CLIENT, *SERVER, *BOOKING)
DOMAINS: Domains = {
    "target": ("api",),
    "operation": ("list_services",),
    "server_address": ("service.test",),
    "http_route": ("/services", "other"),
    "policy": ("1_per_minute", "5_per_minute", "10_per_minute", "100_per_hour"),
    "http_status": ("", "200", "400", "404", "405", "429", "503"),
    "http_served": ("GET /services 200 ",),
}


@pytest.mark.fault(17)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_an_event_leaves_one_span_one_increment_and_one_line(scenario: Scenario) -> None:
    """All three carry the same trace and span id, and nothing else of the metric moves."""
    with Signals(DOMAINS, catalogue=EVENTS) as signals, scenario.play(signals) as act:
        before = evidence(signals, scenario.event)
        act()
        change = Change(before, evidence(signals, scenario.event))

    assert len(change.lines) == 1
    line = change.lines[0]
    series = change.series_of(line)
    ids = (line["trace_id"], line["span_id"])
    assert change.increments == {series: 1.0}
    assert change.spans_of(line) == [ids]
    assert change.exemplars_of(series) == [ids]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_every_event_has_a_scenario(event: type[Event]) -> None:
    """Whoever declares an event shows how it is provoked."""
    assert Counter(scenario.event for scenario in SCENARIOS)[event] >= 1


@pytest.mark.parametrize(
    "scenario", [s for s in SCENARIOS if isinstance(s.event.metrics[0], Count)], ids=str
)
def test_the_series_of_an_event_was_there_before_it(scenario: Scenario) -> None:
    """A counter that begins with its first event loses that event to `rate`."""
    with Signals(DOMAINS, catalogue=EVENTS) as signals, scenario.play(signals) as act:
        before = evidence(signals, scenario.event)
        act()
        after = evidence(signals, scenario.event)

    assert before.series.keys() == after.series.keys()
