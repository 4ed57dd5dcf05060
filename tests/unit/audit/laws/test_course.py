"""Mistakes that every signal tells alike, so that only another record can know better."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.audit_books import FAILED, PASSED, balanced, result_of, told_of
from tests.audit_play import CREATE, Play

Holds = Callable[[Mapping[str, Any]], bool]


def tell_otherwise(play: Play, event: str, holds: Holds, attribute: str, **fields: Any) -> None:
    """Line and span of the first such event say something else, and the same."""
    lines = [line for line in play.agent.lines if line["event"] == event]
    line = next(line for line in lines if holds(line))
    line.update(fields)
    span = next(span for span in play.spans if span["span_id"] == line["span_id"])
    (value,) = fields.values()
    span["attributes"][attribute] = value


def test_a_balanced_run_passes(tmp_path: Path) -> None:
    """Nothing is found where nothing is wrong."""
    assert result_of(balanced(), tmp_path, "L2").verdict is PASSED


@pytest.mark.parametrize(
    ("event", "holds", "attribute", "fields", "told"),
    [
        (
            "operation.finished",
            lambda line: line["attempts"] == 2,
            "resilience.retried",
            {"retried": False},
            f"{CREATE} says retried=false with 2 attempts",
        ),
        (
            "operation.finished",
            lambda line: line["outcome"] == "error",
            "resilience.outcome",
            {"outcome": "success"},
            f"{CREATE} is a success whose last attempt ended as 503",
        ),
        (
            "retry.started",
            lambda line: line["reason"] == "503",
            "resilience.reason",
            {"reason": "429"},
            "resilience.retry is for 429 after an attempt that ended as 503",
        ),
    ],
)
def test_what_a_call_says_of_itself_must_fit_what_is_in_it(
    tmp_path: Path, event: str, holds: Holds, attribute: str, fields: dict[str, Any], told: str
) -> None:
    """Even when counter, span and line agree."""
    play = balanced()
    tell_otherwise(play, event, holds, attribute, **fields)

    result = result_of(play, tmp_path, "L2")

    assert (result.verdict, told_of(result)) == (FAILED, [told])


def test_an_attempt_says_the_status_that_crossed_the_wire(tmp_path: Path) -> None:
    """The ledger knows what the service really answered."""
    play = balanced()
    entry = next(e for e in play.ledger["agent-api"] if e["status"] == 503)
    entry["status"] = 502

    found = told_of(result_of(play, tmp_path, "L1"))

    assert found == ["an attempt that ended as 503, and on the wire as 502"]


def test_a_line_of_an_event_names_its_trace(tmp_path: Path) -> None:
    """Otherwise nobody finds it from the trace."""
    play = balanced()
    line = play.agent.lines[0]
    event = line["event"]
    del line["trace_id"]

    found = told_of(result_of(play, tmp_path, "L8"))

    assert f"a log line of {event} that names no trace" in found
