"""How a metric is named, as Prometheus and its users expect it."""

import pytest

from resilience.metric import Count, Measure, Metric, naming_problems


@pytest.mark.parametrize(
    ("metric", "problems"),
    [
        (Count("probes", "Probes."), []),
        (Measure("probe_seconds", "Time.", "took_s"), []),
        (Count("probes", ""), ["metric probes has no help text"]),
        (
            Count("Probes-", "x"),
            ["metric 'Probes-' is not a lower-case name such as 'resilience_retries'"],
        ),
        (
            Count("probes_total", "x"),
            ["metric probes_total ends with what Prometheus itself appends"],
        ),
        (
            Measure("probe_time", "x", "took_s"),
            ["metric probe_time does not end with its unit: _seconds, _bytes, _ratio"],
        ),
    ],
)
def test_a_name_is_of_the_agreed_form(metric: Metric, problems: list[str]) -> None:
    """A counter says what it counts, a histogram also its unit, and both what they mean."""
    assert [*naming_problems(metric)] == problems
