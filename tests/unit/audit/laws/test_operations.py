"""L2 on a process that was killed while it worked: what its last scrape may say."""

import re
from pathlib import Path

from tests.audit_books import FAILED, PASSED, balanced, result_of, wrong_rows
from tests.audit_play import Play

SCOPE = "agent-1 booking-api.create_appointment"


def read_in_motion(play: Play) -> None:
    """The killed agent's operations were read first, and two ended before its attempts were."""
    play.scrape()
    text = play.metrics["agent-1"][0]
    series = r'(resilience_operations_total\{[^}]*outcome="success",retried="true"[^}]*\}) (\d+)'
    play.metrics["agent-1"][0] = re.sub(series, lambda m: f"{m[1]} {int(m[2]) - 2}", text, count=1)
    play.agent.ended, play.agent.ended_s = "killed", play.now_s


def test_what_ended_while_a_killed_process_was_read_is_named(tmp_path: Path) -> None:
    """Also when more had ended than were under way."""
    play = balanced()
    read_in_motion(play)
    result = result_of(play, tmp_path, "L2")
    (row,) = [row for row in result.rows if row.scope == SCOPE]

    assert (row.verdict, row.residual, row.why) == (PASSED, 2, "under way at the last scrape")


def test_more_than_ended_while_a_killed_process_was_read_fails(tmp_path: Path) -> None:
    """A kill excuses only what was going on just then."""
    play = balanced()
    play.now_s += 60.0
    read_in_motion(play)

    assert wrong_rows(result_of(play, tmp_path, "L2")) == {SCOPE: (FAILED, 2)}


def test_a_process_that_lives_is_read_at_rest(tmp_path: Path) -> None:
    """Nothing is excused of one that was not killed."""
    play = balanced()
    read_in_motion(play)
    play.agent.ended, play.agent.ended_s = "stopped", None

    assert wrong_rows(result_of(play, tmp_path, "L2")) == {SCOPE: (FAILED, 2)}
