"""The production readiness verdict."""

from pathlib import Path

import orjson
import pytest

from audit.errors import Unreadable
from audit.laws.result import LawResult, Verdict
from audit.measured import Figure
from audit.readiness import Check, Report, read_checks, runs_in, write_verdict
from audit.run import Run
from audit.verdict import Judgment

CHECK = Check("All is well.", "tests/load/test_x.py::test_y", "passed")


def _report(verdict: Verdict = Verdict.PASSED, *checks: Check) -> Report:
    directory = Path("var/load/normal")
    run = Run(
        directory=directory,
        name="normal",
        seed=1,
        version="0.1.0",
        started_at="2026-01-01T10:00:00+00:00",
        ended_at="2026-01-01T10:05:00+00:00",
    )
    law = LawResult("L1", "all agree", verdict)
    return Report(directory, Judgment(run, (law,)), [Figure("users", "2", "users.jsonl")], checks)


def test_the_verdict_is_figures_and_checks() -> None:
    """Each with where it is from, and the command that repeats it."""
    assert write_verdict([_report(Verdict.PASSED, CHECK)]) == (
        "# Production readiness: READY\n"
        "\n"
        "Measured 2026-01-01T10:00 to 2026-01-01T10:05 UTC, version 0.1.0, real times: 1 runs,"
        " 1 checks.\n"
        "\n"
        "No law was broken, and every check passed.\n"
        "\n"
        "| run | the books | checks passed | seed | the same verdict again |\n"
        "|---|---|---|---|---|\n"
        "| normal | passed | 1 of 1 | 1 | `tallybook audit var/load/normal` |\n"
        "\n"
        "## normal\n"
        "\n"
        "| measured | figure | read from |\n"
        "|---|---|---|\n"
        "| users | 2 | users.jsonl |\n"
        "\n"
        "- passed: All is well. (`pytest tests/load/test_x.py::test_y`)\n"
        "\n"
    )


def test_a_broken_law_and_a_failed_check_speak_against_it() -> None:
    """Both are named."""
    failed = Check("All is well.", CHECK.test, "failed")

    assert _report(Verdict.FAILED, failed).failures == [
        "normal: L1 is broken: all agree",
        "normal: All is well. (failed)",
    ]


def test_what_was_not_checked_is_not_ready() -> None:
    """Balanced books alone say nothing about how well it served."""
    assert _report().failures == ["normal: nothing was checked"]


def test_lost_telemetry_is_told_but_is_not_a_failure() -> None:
    """A run that loses it on purpose says so."""
    report = _report(Verdict.UNTRUSTWORTHY, CHECK)

    assert report.failures == []
    assert "- L1 untrustworthy: all agree" in write_verdict([report])


def test_a_run_that_was_not_judged_is_not_ready() -> None:
    """What nobody compared proves nothing."""
    law = LawResult("L1", "all agree", Verdict.NOT_JUDGED, lacks={"spans": "there are no spans"})
    run = Run(directory=Path("x"), name="normal")

    assert Report(Path("x"), Judgment(run, (law,)), [], [CHECK]).failures == [
        "normal: not judged: 1 of 1 laws: there are no spans"
    ]


def test_the_last_outcome_of_a_check_counts(tmp_path: Path) -> None:
    """A test that was repeated is listed once."""
    lines = [{"says": "s", "test": "t", "outcome": outcome} for outcome in ("failed", "passed")]
    (tmp_path / "checks.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)))

    assert read_checks(tmp_path) == [Check("s", "t", "passed")]


def test_a_directory_without_runs_is_an_error(tmp_path: Path) -> None:
    """It says what was expected."""
    with pytest.raises(Unreadable, match="expected directories of runs"):
        runs_in(tmp_path)
