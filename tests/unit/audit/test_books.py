"""All records of a run, and whose they are."""

from pathlib import Path

import pytest

from audit.books import Books
from audit.catalogue import Catalogue
from audit.run import Life, Run

KILLED = Life(name="agent-1", service="booking-agent", ended="killed", started_s=0.5, ended_s=30.0)
NEXT = Life(name="agent-2", service="booking-agent", ended="running", started_s=30.01)


@pytest.mark.parametrize(
    ("moment_s", "life"),
    [(0.1, ""), (0.6, "agent-1"), (30.0, "agent-1"), (30.3, "agent-1"), (30.6, "agent-2")],
)
def test_what_is_seen_just_after_a_crash_came_from_the_dead(moment_s: float, life: str) -> None:
    """A request may be on its way when its sender dies, and a new process is not yet sending."""
    run = Run(directory=Path("run"), lives=(KILLED, NEXT))
    books = Books(run=run, catalogue=Catalogue())

    assert books.life_at("booking-agent", moment_s) == life
