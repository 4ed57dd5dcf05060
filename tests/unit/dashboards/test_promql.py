"""The pieces of PromQL."""

import pytest
from dashboards.generate import promql


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (promql.select("a"), 'a{job=~"$job"}'),
        (promql.select("a", 'b="c"'), 'a{job=~"$job", b="c"}'),
        (promql.total("a", by="b"), 'sum by (b) (a{job=~"$job"})'),
        (promql.rate("a_total"), 'sum by (job) (rate(a_total{job=~"$job"}[$__rate_interval]))'),
        (promql.increase("a_total"), 'sum by (job) (increase(a_total{job=~"$job"}[$__range]))'),
        (promql.ratio("a", "b"), "(a or b * 0) / (b > 0)"),
        (
            promql.quantile(0.95, "a", by="b"),
            "histogram_quantile(0.95, sum by (le, b)"
            ' (rate(a_bucket{job=~"$job"}[$__rate_interval]))) >= 0',
        ),
        (
            promql.seen("x", "a_total", "b"),
            'x and sum by (b) (increase(a_total{job=~"$job"}[$__range])) > 0',
        ),
    ],
)
def test_a_piece(made: str, expected: str) -> None:
    """Each is written in one way only."""
    assert made == expected
