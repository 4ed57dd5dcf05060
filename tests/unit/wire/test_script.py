"""A plan that is being carried out remembers its counts."""

from wire.faults import Hang
from wire.plan import Plan
from wire.rule import Rule, Seen
from wire.script import Script

REQUEST = Seen(method="GET", path="/")


def test_counts_go_on_until_the_plan_is_replaced() -> None:
    """A replaced plan begins anew, even if it is equal."""
    plan = Plan(rules=(Rule(fault=Hang(), nth=(2,)),))
    script = Script(plan)
    before = [script.next(REQUEST) for _ in range(3)]
    script.replace(plan)
    after = [script.next(REQUEST) for _ in range(2)]
    assert (before, after) == ([None, Hang(), None], [None, Hang()])
