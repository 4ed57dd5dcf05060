"""The audit's own model of the breaker."""

import pytest

from audit.breaker_path import in_order, is_legal, stays
from audit.records import Line


def move(at_s: float, left: str, entered: str, reason: str = "by_hand") -> Line:
    """A transition's log line."""
    labels = ("api", left, entered, reason)
    return Line("agent-1", "circuit_breaker.transition", "", "", "", at_s, labels)


@pytest.mark.parametrize(
    ("left", "entered", "reason", "legal"),
    [
        ("closed", "open", "consecutive_failures", True),
        ("closed", "open", "break_over", False),
        ("open", "half_open", "break_over", True),
        ("open", "closed", "probe_succeeded", False),
        ("half_open", "closed", "probe_succeeded", True),
        ("half_open", "open", "probe_failed", True),
        ("half_open", "open", "consecutive_failures", False),
        ("closed", "forced_open", "by_hand", True),
    ],
)
def test_the_legal_moves(left: str, entered: str, reason: str, legal: bool) -> None:
    """A move and its reason belong together; by hand everything may be done."""
    assert is_legal(move(0.0, left, entered, reason)) is legal


def test_two_told_within_a_moment_are_put_in_order() -> None:
    """Threads tell of transitions after they have made them."""
    first, second = move(1.01, "closed", "open"), move(1.0, "open", "half_open")

    assert [line for line, _ in in_order([second, first])] == [first, second]


def test_a_gap_in_the_path_shows_the_state_before() -> None:
    """Told a second apart they are not taken for one another."""
    path = list(in_order([move(1.0, "open", "half_open"), move(2.0, "closed", "open")]))

    assert [state for _, state in path] == ["closed", "half_open"]


def test_stays_last_from_transition_to_transition() -> None:
    """The first begins with the life, the last has no end."""
    found = stays([move(1.0, "closed", "open"), move(7.0, "open", "half_open")], 0.0)

    assert [(stay.state, stay.since_s, stay.until_s) for stay in found] == [
        ("closed", 0.0, 1.0),
        ("open", 1.0, 7.0),
        ("half_open", 7.0, None),
    ]
