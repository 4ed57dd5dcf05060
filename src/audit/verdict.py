"""The verdict on a run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from audit.books import Books
from audit.errors import Misused
from audit.laws import LAWS
from audit.laws.result import LawResult, Verdict
from audit.run import Run

EXIT_CODES = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.UNTRUSTWORTHY: 3}
"""What a command ends with; 2 is for bad usage and for records that cannot be read."""


@dataclass(frozen=True, slots=True)
class Judgment:
    """The verdicts on the laws, and what follows from them for the run."""

    run: Run
    laws: tuple[LawResult, ...]

    @property
    def verdict(self) -> Verdict:
        """Failed when a law is broken; untrustworthy when none is, but one cannot be judged.

        A law whose witnesses are missing is not judged; when there is no other, neither is the
        run to be trusted.
        """
        verdicts = {result.verdict for result in self.laws}
        for verdict in (Verdict.FAILED, Verdict.UNTRUSTWORTHY, Verdict.PASSED):
            if verdict in verdicts:
                return verdict
        return Verdict.UNTRUSTWORTHY

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 3 untrustworthy."""
        return EXIT_CODES[self.verdict]

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON members."""
        return {
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "run": _about(self.run),
            "laws": [_law(result) for result in self.laws],
        }


def judge(books: Books, names: Sequence[str] = ()) -> Judgment:
    """Judge all laws, or those of these names. Raises Misused for a name that is none."""
    wanted = [name.upper() for name in names]
    known = [law.name for law in LAWS]
    if strangers := sorted({*wanted} - {*known}):
        raise Misused(f"There is no law {', '.join(strangers)}: there are {', '.join(known)}.")
    laws = [law for law in LAWS if not wanted or law.name in wanted]
    return Judgment(books.run, tuple(law.check(books) for law in laws))


def _about(run: Run) -> Mapping[str, Any]:
    return {
        "name": run.name,
        "seed": run.seed,
        "version": run.version,
        "scale": run.scale,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "options": run.options,
    }


def _law(result: LawResult) -> dict[str, Any]:
    return {
        "law": result.law,
        "title": result.title,
        "verdict": result.verdict,
        "why": result.why,
        "rows": [asdict(row) for row in result.rows],
        "disagreements": [asdict(each) for each in result.disagreements],
        "more_disagreements": result.more,
    }
