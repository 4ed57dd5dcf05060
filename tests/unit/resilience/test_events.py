"""The catalogue: complete, well formed, and one name for one thing."""

from typing import Any

import pytest

from resilience import client_events, events, server_events
from resilience.declare import Count, Event, Level, Measure, Span, label_names, label_values
from resilience.events import CATALOGUE, SpanKind, ignore, unobserved
from resilience.gauges import GAUGES

DOMAINS = {
    "target": ("api",),
    "operation": ("find",),
    "server_address": ("127.0.0.1",),
    "http_route": ("/services",),
    "http_status": ("200", ""),
    "policy": ("10_per_minute", ""),
    "http_served": ("GET /services 200 ",),
}
every_event = pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.name)


def _declared(module: Any) -> list[type[Event]]:
    """The events of a module; a base that some share has no summary."""
    found = [kind for kind in vars(module).values() if getattr(kind, "summary", "")]
    return [kind for kind in found if kind.__module__ == module.__name__]


def test_every_declared_event_is_in_the_catalogue_once() -> None:
    """No event is told that no sink knows."""
    declared = {*_declared(client_events), *_declared(server_events)}
    assert len(CATALOGUE) == len(declared)
    assert {*CATALOGUE} == declared


def test_every_public_name_is_sorted_and_exists() -> None:
    """The module exports what it says, in order."""
    assert events.__all__ == sorted(events.__all__)
    assert {kind.__name__ for kind in CATALOGUE} <= {*events.__all__}
    assert all(hasattr(events, name) for name in events.__all__)


@every_event
def test_an_event_has_a_summary_a_level_and_a_metric(event: type[Event]) -> None:
    """What the reference page shows of an event is there."""
    assert event.summary.endswith(".")
    assert isinstance(event.level, Level)
    assert any(isinstance(metric, Count | Measure) for metric in event.metrics)


@every_event
def test_an_event_ends_with_a_counter_or_a_histogram_for_each_line(event: type[Event]) -> None:
    """A metric that counts every time counts what the log lines count."""
    assert any(not metric.when for metric in event.metrics)


def test_no_two_metrics_share_a_name() -> None:
    """Counters, histograms and gauges are told apart by their names."""
    metrics = {metric for event in CATALOGUE for metric in event.metrics}
    names = [metric.name for metric in metrics]
    names += [gauge.name for gauge in GAUGES]
    assert len(names) == len({*names})


@every_event
def test_series_that_are_known_are_within_the_closed_sets(event: type[Event]) -> None:
    """What exists from the start has a value for each label, and as many series as it says."""
    for metric in event.metrics:
        known = event.known(metric, DOMAINS)
        if known is not None:
            series = [*known]
            assert {len(values) for values in series} == {len(label_names(event, metric))}
            assert len(series) == len({*series})


@every_event
def test_every_label_has_values(event: type[Event]) -> None:
    """No label is an empty set."""
    assert all(label_values(kind, DOMAINS) for kind in event.labels.values())


def test_the_name_of_an_own_span_can_be_searched_for() -> None:
    """A search by the name finds each fact that has a span of its own."""
    assert {event.name: event.span_name for event in CATALOGUE if event.span is Span.OWN} == {
        "retry.started": "resilience.retry",
        "retry.suppressed": "resilience.retry_suppressed",
        "timeout.elapsed": "resilience.timeout",
        "rate_limited.received": "resilience.rate_limited",
        "retry_after.rejected": "resilience.retry_after",
        "circuit_breaker.transition": "resilience.circuit_breaker.transition",
        "circuit_breaker.reject": "resilience.circuit_breaker.reject",
        "rate_limiting.near_limit": "rate_limiting.near_limit",
        "request.shed": "http.server.shed",
        "request.resent": "http.server.resent",
    }


def test_ports_that_record_nothing_let_work_pass() -> None:
    """Without telemetry an observed block runs, and its errors pass."""
    with pytest.raises(ZeroDivisionError), unobserved("work", SpanKind.CLIENT, {"a": 1}):
        raise ZeroDivisionError
    assert ignore.__doc__
