"""A plan that is being carried out."""

from wire.faults import Fault
from wire.plan import Counts, Plan
from wire.rule import Seen


class Script:
    """Holds the plan in force and how often each of its rules has matched."""

    def __init__(self, plan: Plan) -> None:
        self.replace(plan)

    def replace(self, plan: Plan) -> None:
        """Put another plan in force and count from the beginning."""
        self.plan = plan
        self._counts: Counts = ()

    def next(self, seen: Seen | None) -> Fault | None:
        """Say what befalls the next request, or (None) the next connection."""
        fault, self._counts = self.plan.decide(seen, self._counts)
        return fault
