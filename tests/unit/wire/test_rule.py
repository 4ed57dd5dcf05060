"""A rule matches requests and picks occurrences."""

from typing import Any

import pytest

from wire.checks import Misconfigured
from wire.faults import Hang, Refuse
from wire.rule import Rule, Seen, rule_from_dict

GET = Seen(method="GET", path="/services")
POST = Seen(method="POST", path="/appointments", headers={"x-user": "7"})
MATCHES = [
    ({"method": "POST"}, False, True),
    ({"path": "/services"}, True, False),
    ({"path": "/serv"}, False, False),
    ({"path": "/.*"}, True, True),
    ({"header_name": "X-User"}, False, True),
    ({"header_name": "x-user", "header_value": "7"}, False, True),
    ({"header_name": "X-User", "header_value": "8"}, False, False),
]


@pytest.mark.parametrize(("member", "get", "post"), MATCHES)
def test_what_a_rule_matches(member: dict[str, Any], get: bool, post: bool) -> None:
    """Method, whole path, and a header's presence or value."""
    rule = Rule(fault=Hang(), every=True, **member)
    assert (rule.matches(GET), rule.matches(POST)) == (get, post)


def test_a_refuse_rule_is_about_connections_only() -> None:
    """None stands for a connection that was just accepted."""
    refuse, hang = Rule(fault=Refuse(), every=True), Rule(fault=Hang(), every=True)
    assert (refuse.matches(None), refuse.matches(GET)) == (True, False)
    assert (hang.matches(None), hang.matches(GET)) == (False, True)


@pytest.mark.parametrize(
    ("when", "fires"),
    [
        ({"nth": (1, 3)}, [True, False, True]),
        ({"every": True}, [True, True, True]),
        ({"probability": 0.5}, [True, False, False]),
    ],
)
def test_which_occurrences_are_hit(when: dict[str, Any], fires: list[bool]) -> None:
    """By number, all, or by a draw that is below the probability."""
    rule = Rule(fault=Hang(), **when)
    assert [rule.fires(n, draw) for n, draw in ((1, 0.49), (2, 0.5), (3, 0.99))] == fires


def test_the_json_of_a_rule_is_short() -> None:
    """Members at their defaults are left out."""
    rule = Rule(fault=Refuse(), every=True)
    assert rule.to_dict() == {"every": True, "fault": {"name": "refuse"}}
    assert rule_from_dict(rule.to_dict(), "here") == rule


def test_a_rule_needs_a_fault() -> None:
    """A name alone is no fault."""
    with pytest.raises(Misconfigured, match="fault is 'hang'; expected a Fault"):
        Rule(fault="hang", every=True)  # type: ignore[arg-type]  # that is the test


def test_nth_is_a_tuple() -> None:
    """A bare number is refused with a sentence, not with a traceback from inside."""
    with pytest.raises(Misconfigured, match="nth is 1; expected a tuple of whole numbers"):
        Rule(fault=Hang(), nth=1)  # type: ignore[arg-type]  # that is the test
