"""How the tests read PromQL: what they overlook, they cannot hold to the catalogue."""

import pytest
from tests.dashboards import grouped_labels, named_metrics, without_texts


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("up", {"up": set()}),
        ('rate(a_total{b="c", d!~"e|f"}[5m])', {"a_total": {"b", "d"}}),
        ('sum by (g) (a{b="x}y"}) / (c > 0)', {"a": {"b"}, "c": set()}),
        ("a or b * 0 and on (job) c == 0", {"a": set(), "b": set(), "c": set()}),
        ("a / on (slo) group_left () (1 - b:c:d)", {"a": set(), "b:c:d": set()}),
        ("time() - a offset $__rate_interval", {"a": set()}),
        ('label_replace(a, "job", "$1", "service_name", "(.*)")', {"a": set()}),
        ("histogram_quantile(0.95, sum by (le, b) (rate(a_bucket[1m]))) >= 0", {"a_bucket": set()}),
    ],
)
def test_the_metrics_of_a_query(expr: str, expected: dict[str, set[str]]) -> None:
    """With the labels that their selectors name; not functions, keywords or texts."""
    assert {name: set(labels) for name, labels in named_metrics(expr).items()} == expected


def test_the_labels_that_a_query_groups_by() -> None:
    """Whatever the word: by, on, or one side of a match."""
    expr = "sum by (a, b) (x) * on (c) group_left (d) sum(y)"
    assert grouped_labels(expr) == {"a", "b", "c", "d"}


def test_texts_are_left_out() -> None:
    """In each kind of quotes."""
    assert without_texts("a{b=\"[5m]\", c='}', d=`{`}") == 'a{b="", c="", d=""}'
