"""L1: each attempt in every record, once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.audit_books import (
    FAILED,
    PASSED,
    UNTRUSTWORTHY,
    balanced,
    only,
    result_of,
    told_of,
    wrong_rows,
)
from tests.audit_play import Play

from resilience.gauges import TELEMETRY_DROPPED


def is_attempt(record: dict[str, object]) -> bool:
    """Whether it is a log line or a CLIENT span of an attempt."""
    return record.get("event") == "attempt.finished" or record.get("kind") == "client"


def lose_a_crossing(play: Play) -> None:
    play.ledger["agent-api"].pop(0)


def double_a_crossing(play: Play) -> None:
    play.ledger["agent-api"].append(play.ledger["agent-api"][0])


def lose_a_span(play: Play) -> None:
    play.spans.remove(only(play.spans, is_attempt))


def double_a_span(play: Play) -> None:
    play.spans.append(only(play.spans, is_attempt))


def lose_a_line(play: Play) -> None:
    play.agent.lines.remove(only(play.agent.lines, is_attempt))


def double_a_line(play: Play) -> None:
    play.agent.lines.append(only(play.agent.lines, is_attempt))


def send_past_the_client(play: Play) -> None:
    play.cross("agent-api", play.now_s, status=200, upstream_status=200)


def swap_a_label(play: Play) -> None:
    only(play.spans, is_attempt)["attributes"]["resilience.error_type"] = "503"


def refuse_one_more(play: Play) -> None:
    play.cross("agent-api", play.now_s, fault="refuse", method="")


@pytest.mark.parametrize(
    "wrong",
    [
        lose_a_crossing,
        double_a_crossing,
        lose_a_span,
        double_a_span,
        lose_a_line,
        double_a_line,
        send_past_the_client,
        swap_a_label,
        refuse_one_more,
    ],
)
def test_any_one_record_too_many_or_too_few_fails(
    tmp_path: Path, wrong: Callable[[Play], None]
) -> None:
    """Whichever record it is, of whichever witness."""
    play = balanced()
    wrong(play)

    assert result_of(play, tmp_path, "L1").verdict is FAILED


def test_a_lost_crossing_names_the_attempt(tmp_path: Path) -> None:
    """So that a reader finds the story."""
    play = balanced()
    lost = play.ledger["agent-api"].pop(0)

    (found,) = result_of(play, tmp_path, "L1").disagreements

    assert found.what == "an attempt (answered) that is not in the ledger"
    assert (found.trace_id, found.span_id) == (lost["trace_id"], lost["parent_span_id"])


def test_a_double_count_is_a_residual_of_one(tmp_path: Path) -> None:
    """The row says who counted how often."""
    play = balanced()
    double_a_line(play)
    play.spans.append(only(play.spans, is_attempt))
    play.ledger["agent-api"].append(play.ledger["agent-api"][0])
    rows = wrong_rows(result_of(play, tmp_path, "L1"))

    assert rows["agent-1 resilience_attempts"] == (FAILED, 1)


def test_what_a_killed_process_had_not_handed_over_is_named(tmp_path: Path) -> None:
    """Its last records may be missing, with the reason."""
    play = balanced()
    play.scrape()
    last = play.book("201")
    play.agent.ended, play.agent.ended_s = "killed", play.now_s
    gone = {last.attempt_ids[0], last.operation_id}
    play.spans[:] = [span for span in play.spans if span["span_id"] not in gone]
    result = result_of(play, tmp_path, "L1")

    assert (result.verdict, told_of(result)) == (PASSED, [])
    assert any(row.why == "spans lost with the killed process" for row in result.rows)


def test_what_a_killed_process_had_long_handed_over_must_be_there(tmp_path: Path) -> None:
    """A kill excuses only what was lost with it."""
    play = balanced()
    play.scrape()
    play.now_s += 60
    play.book("201")
    play.agent.ended, play.agent.ended_s = "killed", play.now_s
    lose_a_span(play)

    assert told_of(result_of(play, tmp_path, "L1")) == ["an attempt without a CLIENT span"]


def test_a_counted_drop_makes_it_untrustworthy(tmp_path: Path) -> None:
    """A missing span may be the dropped one: nothing can be said."""
    play = balanced()
    lose_a_span(play)
    play.agent.gauges[TELEMETRY_DROPPED, ("span", "queue_full")] = 1.0

    assert result_of(play, tmp_path, "L1").verdict is UNTRUSTWORTHY


def test_a_span_that_was_delivered_and_not_received_makes_it_untrustworthy(tmp_path: Path) -> None:
    """The pipe lost it, not who made it."""
    play = balanced()
    play.scrape()
    lose_a_span(play)

    assert result_of(play, tmp_path, "L1").verdict is UNTRUSTWORTHY


def test_a_named_drop_is_a_residual(tmp_path: Path) -> None:
    """A run that said beforehand that spans would be dropped is judged by the rest."""
    play = balanced()
    lose_a_span(play)
    play.agent.gauges[TELEMETRY_DROPPED, ("span", "queue_full")] = 1.0
    play.about["residuals"] = [{"law": "L10", "why": "the collector was lost", "signal": "span"}]

    assert result_of(play, tmp_path, "L1").verdict is PASSED


def test_more_missing_than_was_dropped_fails(tmp_path: Path) -> None:
    """A drop excuses as many records as were dropped."""
    play = balanced()
    lose_a_span(play)
    lose_a_span(play)
    play.agent.gauges[TELEMETRY_DROPPED, ("span", "queue_full")] = 1.0

    assert result_of(play, tmp_path, "L1").verdict is FAILED


def test_connections_refused_while_nobody_listened_are_named(tmp_path: Path) -> None:
    """The run says when a hop did not listen."""
    play = balanced()
    play.ledger["agent-api"] = [e for e in play.ledger["agent-api"] if e["fault"] != "refuse"]
    play.about["faults"] = [{"name": "not_listening", "from_s": 0.0, "to_s": 99.0}]

    assert result_of(play, tmp_path, "L1").verdict is PASSED
