"""A played run, judged: which laws notice what was done to its records."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.audit_play import Play

from audit.laws.result import LawResult, Verdict
from audit.reading import read_books
from audit.verdict import Judgment, judge
from booking.auditing import CATALOGUE

PASSED, FAILED, UNTRUSTWORTHY = Verdict.PASSED, Verdict.FAILED, Verdict.UNTRUSTWORTHY
NOT_JUDGED = Verdict.NOT_JUDGED


def balanced() -> Play:
    """A run with every kind of attempt, whose books balance."""
    play = Play()
    play.book("201")
    play.book("503", "201")
    play.book("hang", "201")
    play.book("drop", "201")
    play.book("429", "201")
    play.book("reset", "201")
    play.book("refuse", "201")
    play.book("503", "503", "503", "503")
    return play


def judged(play: Play, directory: Path, *laws: str) -> Judgment:
    """The verdict on what was played."""
    return judge(read_books(play.write(directory / "run"), CATALOGUE), laws)


def result_of(play: Play, directory: Path, law: str) -> LawResult:
    """What one law says of what was played."""
    return judged(play, directory, law).laws[0]


def only(rows: list[Any], holds: Callable[[Any], bool]) -> Any:
    """The first row of which it holds."""
    return next(row for row in rows if holds(row))


def told_of(result: LawResult) -> list[str]:
    """What the law disagrees with, in words."""
    return [each.what for each in result.disagreements]


def wrong_rows(result: LawResult) -> dict[str, tuple[Verdict, float]]:
    """The rows that did not pass: verdict and residual by scope."""
    return {
        row.scope: (row.verdict, row.residual)
        for row in result.rows
        if row.verdict is not Verdict.PASSED
    }
