"""What `/metrics` says, read back."""

import pytest

from resilience.telemetry.scrape import BadLine, Sample, samples, series, totals

TEXT = """\
# HELP a_total Some.
# TYPE a_total counter
a_total{x="1"} 2.0
a_total{x="2"} 3.0
"""
OPENMETRICS = """\
# HELP a Some.
# TYPE a counter
a_total{x="1"} 2.0 # {trace_id="abc"} 1.0 1.5
# EOF
"""


def test_totals_add_up_the_series_with_the_labels() -> None:
    """All of them, or those asked for."""
    assert totals(TEXT) == {"a_total": 5.0}
    assert totals(TEXT, x="2") == {"a_total": 3.0}


def test_samples_are_read_from_both_formats() -> None:
    """With exemplars or without."""
    assert samples(TEXT)[1] == Sample("a_total", {"x": "2"}, 3.0)
    assert samples(OPENMETRICS) == [Sample("a_total", {"x": "1"}, 2.0)]


def test_a_bad_line_is_named() -> None:
    """The first one, by its number."""
    with pytest.raises(BadLine, match=r"not a line of /metrics") as caught:
        samples(TEXT + "b x\n")

    assert caught.value.line == 5


def test_series_are_names_with_labels() -> None:
    """Without values, exemplars and comments."""
    assert list(series(OPENMETRICS)) == ['a_total{x="1"}']
    assert list(series("up 1\n\n")) == ["up"]
