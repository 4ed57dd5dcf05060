"""Decisions are pure: plan, counts and request in, fault and counts out."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from wire.checks import Misconfigured
from wire.faults import Drop, Hang, Refuse, Reset, Status
from wire.plan import Counts, Pattern, Plan
from wire.rule import Rule, Seen

GET = Seen(method="GET", path="/services")
POST = Seen(method="POST", path="/appointments", headers={"x-user": "7"})


def decisions(plan: Plan, *requests: Seen | None) -> list[str]:
    """The names of the faults that befall these requests in this order."""
    names: list[str] = []
    counts: Counts = ()
    for request in requests:
        fault, counts = plan.decide(request, counts)
        names.append(fault.name if fault else "")
    return names


def test_an_empty_plan_injects_nothing() -> None:
    """No rules, no faults."""
    assert Plan().decide(GET) == (None, ())


def test_nth_counts_the_requests_that_match() -> None:
    """Other requests in between do not count."""
    plan = Plan(rules=(Rule(fault=Hang(), method="POST", nth=(2, 3)),))
    assert decisions(plan, POST, GET, POST, GET, POST, POST) == ["", "", "hang", "", "hang", ""]


def test_the_first_rule_that_fires_wins() -> None:
    """A later rule counts the requests that an earlier one took."""
    plan = Plan(
        rules=(
            Rule(fault=Status(status=503), path="/appointments", nth=(1,)),
            Rule(fault=Drop(), path="/appointments", nth=(1, 2)),
        )
    )
    assert decisions(plan, POST, POST, POST) == ["status", "drop", ""]


def test_every_fires_always() -> None:
    """Each request that matches is hit."""
    plan = Plan(rules=(Rule(fault=Reset(), path="/serv.*", every=True),))
    assert decisions(plan, GET, POST, GET) == ["reset", "", "reset"]


def test_probability_depends_only_on_seed_and_order() -> None:
    """The same seed gives the same sequence, another seed another, and the rate is right."""
    rule = Rule(fault=Hang(), probability=0.3)
    first = decisions(Plan(rules=(rule,), seed=1), *[GET] * 2000)
    assert first == decisions(Plan(rules=(rule,), seed=1), *[GET] * 2000)
    assert first != decisions(Plan(rules=(rule,), seed=2), *[GET] * 2000)
    assert 540 <= first.count("hang") <= 660


@pytest.mark.parametrize(("probability", "count"), [(0, 0), (1, 50)])
def test_probability_0_never_and_1_always(probability: float, count: int) -> None:
    """The ends of the range are certain."""
    plan = Plan(rules=(Rule(fault=Hang(), probability=probability),))
    assert decisions(plan, *[GET] * 50).count("hang") == count


def test_refuse_befalls_connections_and_the_others_requests() -> None:
    """The two are counted apart."""
    plan = Plan(rules=(Rule(fault=Refuse(), nth=(2,)), Rule(fault=Hang(), nth=(2,))))
    assert decisions(plan, None, GET, None, GET, None) == ["", "", "refuse", "hang", ""]


def test_what_a_group_catches_is_shown_as_a_digest() -> None:
    """Equal things stay equal, so that records can be joined; the rest of the path is readable."""
    plan = Plan(operations=(Pattern(name="one", method="GET", path="/things/([^/]+)/([^/]+)?"),))
    first, again, other = (
        plan.shown("GET", path) for path in ("/things/ab/c", "/things/ab/c", "/things/xb/")
    )
    assert first == again == "/things/~fb8e20fc2e4c3f24/~2e7d2c03a9507ae2"
    assert other == f"/things/~{sha256(b'xb').hexdigest()[:16]}/"


def test_a_path_without_groups_is_shown_as_it_is() -> None:
    """As is one that no pattern knows."""
    plan = Plan(operations=(Pattern(name="all", path="/things"),))
    assert [plan.shown("GET", path) for path in ("/things", "/x/y")] == ["/things", "/x/y"]


def test_an_operation_is_named_by_the_first_pattern_that_matches() -> None:
    """Without a match it has no name."""
    plan = Plan(
        operations=(
            Pattern(name="create", method="POST", path="/appointments"),
            Pattern(name="any", path="/appointments.*"),
        )
    )
    paths = [("POST", "/appointments"), ("GET", "/appointments/1"), ("GET", "/services")]
    assert [plan.operation(*each) for each in paths] == ["create", "any", ""]


FULL = Plan(
    rules=(
        Rule(fault=Status(status=503), method="POST", path="/a", nth=(1, 3)),
        Rule(fault=Hang(), header_name="X-User", header_value="", probability=0.0),
        Rule(fault=Refuse(), every=True),
    ),
    operations=(Pattern(name="create", method="POST", path="/a"),),
    seed=9,
)


def test_a_plan_survives_json(tmp_path: Path) -> None:
    """What is written is read back equal, from text and from a file."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(FULL.to_dict()))
    assert Plan.from_file(file) == FULL


HANG = {"name": "hang"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "the plan is of type list; expected a JSON object"),
        ({"rule": []}, "the plan has the unknown member ['rule']"),
        ({"rules": {}}, "rules is of type dict; expected a JSON array"),
        ({"rules": [1]}, "rules[0] is of type int"),
        ({"rules": [{"fault": HANG}]}, "rules[0]: a rule has 0 of nth, every and probability"),
        ({"rules": [{"fault": HANG, "nth": [1], "every": True}]}, "a rule has 2 of"),
        (
            {"rules": [{"fault": HANG, "nth": [0]}]},
            "rules[0]: nth is 0; expected a number",
        ),
        ({"rules": [{"fault": HANG, "nth": 1}]}, "rules[0].nth is of type int"),
        ({"rules": [{"fault": HANG, "every": "yes"}]}, "rules[0]: every is 'yes'"),
        ({"rules": [{"fault": HANG, "probability": 1.01}]}, "probability is 1.01"),
        ({"rules": [{"fault": HANG, "every": True, "path": "["}]}, "path '[' does not compile"),
        ({"rules": [{"fault": HANG, "every": True, "method": "G T"}]}, "method is 'G T'"),
        ({"rules": [{"fault": HANG, "every": True, "header_value": "x"}]}, "has no header_name"),
        (
            {"rules": [{"fault": {"name": "refuse"}, "every": True, "path": "/a"}]},
            "rules[0]: a refuse rule matches by method, path or header; expected none of them",
        ),
        ({"operations": [{"name": "x"}]}, "operations[0] lacks path"),
        ({"operations": [{"name": "two words", "path": "/"}]}, "operations[0]: name is"),
        ({"seed": "x"}, "the plan: seed is 'x'; expected a whole number"),
    ],
)
def test_a_bad_plan_is_refused_with_a_sentence(data: object, sentence: str) -> None:
    """Errors name the place, what was expected and the remedy."""
    with pytest.raises(Misconfigured) as caught:
        Plan.from_dict(data)
    assert sentence in str(caught.value)


def test_what_is_not_json_is_refused() -> None:
    """The parser's own reason is in the sentence."""
    with pytest.raises(Misconfigured, match="the plan is not JSON \\(Expecting"):
        Plan.from_json("{")
