"""Tests of `booking.demo.numbers`."""

import pytest

from booking.demo.numbers import DURATION, Change, Numbers

STATES = """
state{target="api",state="closed"} 0
state{target="api",state="open"} 1
tries_total{target="api",reason="503"} 3
tries_total{target="api",reason="timeout"} 2
"""


def served(*counts: int) -> str:
    """The buckets up to 0.1 s, 0.5 s and any time, each with its own count."""
    sums = [sum(counts[: n + 1]) for n in range(len(counts))]
    buckets = zip(("0.1", "0.5", "+Inf"), sums, strict=True)
    lines = [f'{DURATION}_bucket{{route="/",le="{le}"}} {count}' for le, count in buckets]
    return "\n".join([*lines, f'{DURATION}_count{{route="/"}} {sums[-1]}', ""])


def change(before: str, after: str) -> Change:
    """What changed within two seconds."""
    return Change(Numbers.read(10.0, before), Numbers.read(12.0, after))


def test_series_are_summed_by_their_labels() -> None:
    """All of a name, or those that have the labels asked for."""
    numbers = Numbers.read(0.0, STATES)
    assert (numbers.sum("tries_total"), numbers.sum("tries_total", reason="503")) == (5, 3)
    assert numbers.sum("no_such_total") == 0


def test_the_state_is_the_series_that_is_1() -> None:
    """And none when there is no such series."""
    numbers = Numbers.read(0.0, STATES)
    assert (numbers.holding("state", "state"), numbers.holding("other", "state")) == ("open", "")


def test_a_change_counts_what_came_between() -> None:
    """Also of series that were not there before."""
    assert change("", STATES).sum("tries_total", target="api") == 5
    assert change(served(1, 0, 0), served(1, 4, 2)).per_s == 3.0


@pytest.mark.parametrize(
    ("counts", "share", "within_s"),
    [((10, 0, 0), 0.5, 0.05), ((5, 5, 0), 0.75, 0.3), ((0, 0, 4), 0.5, 0.5), ((0, 0, 0), 0.5, 0)],
    ids=["one bucket", "two buckets", "beyond the last", "none served"],
)
def test_quantiles_are_those_of_prometheus(
    counts: tuple[int, int, int], share: float, within_s: float
) -> None:
    """Evenly spread within a bucket, the last bound beyond it, 0 without requests."""
    served_between = change(served(7, 7, 7), served(*(7 + count for count in counts)))
    assert served_between.quantile_s(share) == pytest.approx(within_s)
