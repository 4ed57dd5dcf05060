"""L6: the breaker against its model, and its calls against its states."""

from pathlib import Path

import pytest
from tests.audit_books import FAILED, PASSED, result_of, told_of, wrong_rows
from tests.audit_play import Play


def tripped() -> Play:
    """Two failures open the circuit; a call is refused, a probe fails, another one succeeds."""
    play = Play()
    play.about["options"] = {"breaker_failures": 2, "breaker_open_s": 6.0}
    play.book("503")
    booking = play.book("503")
    play.transit("open", "consecutive_failures", booking)
    play.now_s += 1.0
    play.book()
    play.now_s += 5.5
    play.transit("half_open", "break_over")
    play.book("503")
    play.transit("open", "probe_failed")
    play.now_s += 6.2
    play.transit("half_open", "break_over")
    play.book("201")
    play.transit("closed", "probe_succeeded")
    play.now_s += 1.0
    play.book("201")
    return play


def test_a_legal_course_passes(tmp_path: Path) -> None:
    """With refusals and two probes."""
    result = result_of(tripped(), tmp_path, "L6")

    assert (result.verdict, told_of(result), wrong_rows(result)) == (PASSED, [], {})


def swap_states(play: Play) -> None:
    line = next(x for x in play.agent.lines if x["event"] == "circuit_breaker.transition")
    line["from_state"], line["to_state"] = line["to_state"], line["from_state"]


def test_a_transition_that_the_model_does_not_know_fails(tmp_path: Path) -> None:
    """Swapped states are no path, and the counter says otherwise."""
    play = tripped()
    swap_states(play)
    result = result_of(play, tmp_path, "L6")

    assert result.verdict is FAILED
    assert "a transition from open while the circuit was closed" in told_of(result)


def test_a_call_while_it_is_open_fails(tmp_path: Path) -> None:
    """Whatever the breaker says of itself."""
    play = tripped()
    play.transit("open", "consecutive_failures")
    play.now_s += 2.0
    play.book("201")
    play.now_s += 5.0
    play.transit("half_open", "break_over")

    assert "a call was sent while the circuit was open" in told_of(result_of(play, tmp_path, "L6"))


def test_a_second_probe_beside_the_first_fails(tmp_path: Path) -> None:
    """One at a time."""
    play = tripped()
    play.transit("open", "by_hand")
    play.now_s += 6.2
    play.transit("half_open", "break_over")
    from_s = play.now_s
    play.book("hang")
    after_s, play.now_s = play.now_s, from_s + 0.1
    play.book("hang")
    play.now_s = after_s
    play.transit("open", "probe_failed")

    assert "a second probe was sent beside the first" in told_of(result_of(play, tmp_path, "L6"))


def test_a_probe_without_consequence_fails(tmp_path: Path) -> None:
    """A breaker that stays half-open is stuck."""
    play = tripped()
    play.transit("open", "by_hand")
    play.now_s += 6.2
    play.transit("half_open", "break_over")
    play.book("201")

    found = told_of(result_of(play, tmp_path, "L6"))
    assert found == ["the probe ended (answered) and the circuit stayed half-open"]


def test_a_break_that_is_too_short_fails(tmp_path: Path) -> None:
    """It rests as long as the options say."""
    play = tripped()
    play.about["options"]["breaker_open_s"] = 9.0

    assert told_of(result_of(play, tmp_path, "L6")) == [
        "the circuit was open for 6.55 s instead of 9 s",
        "the circuit was open for 6.20 s instead of 9 s",
    ]


def test_a_breaker_that_never_opens_fails(tmp_path: Path) -> None:
    """As many failures in a row are more than it may bear."""
    play = Play()
    play.about["options"] = {"breaker_failures": 2}
    for _ in range(9):
        play.book("503")
        play.now_s += 0.5

    assert told_of(result_of(play, tmp_path, "L6")) == [
        "4 failures in a row, and the circuit stayed closed"
    ]


def test_opening_too_early_fails(tmp_path: Path) -> None:
    """On fewer failures than the options say."""
    play = Play()
    play.about["options"] = {"breaker_failures": 5}
    play.transit("open", "consecutive_failures", play.book("503"))

    assert told_of(result_of(play, tmp_path, "L6")) == [
        "the circuit opened on 1 failures instead of 5"
    ]


def test_times_that_the_path_does_not_explain_fail(tmp_path: Path) -> None:
    """The counter of seconds is held against the transitions."""
    play = tripped()
    play.agent.spend("open", 5.0)
    rows = wrong_rows(result_of(play, tmp_path, "L6"))

    assert [*rows] == ["agent-1 seconds open"]
    assert rows["agent-1 seconds open"][1] == pytest.approx(5.0, abs=0.1)


def test_a_gauge_that_shows_another_state_fails(tmp_path: Path) -> None:
    """It shows where the path ended."""
    play = tripped()
    play.agent.state = "open"

    assert wrong_rows(result_of(play, tmp_path, "L6"))["agent-1 state"] == (FAILED, 1)


def test_calls_that_ended_while_a_killed_process_was_read_are_named(tmp_path: Path) -> None:
    """Its last scrape was made under load: one number in it is younger than the other."""
    play = tripped()
    play.agent.judged("success")
    play.scrape()
    play.agent.ended, play.agent.ended_s = "killed", play.now_s
    result = result_of(play, tmp_path, "L6")
    (row,) = [row for row in result.rows if row.scope == "agent-1 calls judged"]

    assert (row.verdict, row.residual, row.why) == (PASSED, 1, "under way at the last scrape")


def test_more_calls_than_ended_while_a_killed_process_was_read_fail(tmp_path: Path) -> None:
    """A kill excuses only what was going on just then."""
    play = tripped()
    play.agent.judged("success")
    play.now_s += 60.0
    play.scrape()
    play.agent.ended, play.agent.ended_s = "killed", play.now_s

    assert wrong_rows(result_of(play, tmp_path, "L6"))["agent-1 calls judged"] == (FAILED, 1)
