"""A draft becomes an entry."""

from datetime import UTC, datetime

import h11

from wire.draft import Draft
from wire.ledger import Entry, Ledger
from wire.plan import Pattern, Plan
from wire.rule import Seen


def test_a_draft_notes_the_head_and_is_entered_once_finished() -> None:
    """What the head says, the operation's name, and the times are in the entry."""
    ticks = iter([0.0, 1.0, 3.0])
    ledger = Ledger(monotonic=lambda: next(ticks), utc_now=lambda: datetime(2030, 1, 1, tzinfo=UTC))
    plan = Plan(operations=(Pattern(name="list", path="/services"),))
    draft = Draft.begin(ledger, 4, "127.0.0.9")
    request = h11.Request(method="GET", target="/services?x=1", headers=[("Host", "h")])
    seen = draft.describe(request, plan)
    assert seen == Seen(method="GET", path="/services", headers={"host": "h"})
    assert draft.finish(ledger) == Entry(
        seq=1,
        connection=4,
        client="127.0.0.9",
        method="GET",
        path="/services",
        operation="list",
        started_at="2030-01-01T00:00:00.000000+00:00",
        started_s=1.0,
        ended_s=3.0,
    )


def test_rules_see_the_path_that_the_entry_hides() -> None:
    """Faults are chosen by the true path; what is written holds only its digest."""
    ledger = Ledger()
    plan = Plan(operations=(Pattern(name="one", path="/things/([^/]+)"),))
    draft = Draft.begin(ledger, 1, "127.0.0.1")
    request = h11.Request(method="GET", target="/things/secret", headers=[("Host", "h")])
    assert draft.describe(request, plan).path == "/things/secret"
    assert draft.finish(ledger).path == "/things/~2bb80d537b1da3e3"
