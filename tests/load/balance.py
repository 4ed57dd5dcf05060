"""The verdict on the books of a finished run."""

from rich.console import Console
from tests.load.run import Run

from audit.laws.result import Verdict
from audit.reading import read_books
from audit.text import show
from audit.verdict import judge
from booking.auditing import CATALOGUE

PASSED, UNTRUSTWORTHY = Verdict.PASSED, Verdict.UNTRUSTWORTHY


def verdict_on(run: Run) -> Verdict:
    """What the audit says; all that it says is printed, and so shown when a test fails."""
    judgment = judge(read_books(run.directory, CATALOGUE))
    show(Console(width=160), judgment)
    return judgment.verdict
