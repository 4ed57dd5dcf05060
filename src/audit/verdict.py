"""The verdict on a run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from audit.books import WITNESSES, Books
from audit.errors import Misused
from audit.laws import LAWS
from audit.laws.result import LawResult, Verdict
from audit.run import Run

EXIT_CODES = {
    Verdict.PASSED: 0,
    Verdict.FAILED: 1,
    Verdict.UNTRUSTWORTHY: 3,
    Verdict.NOT_JUDGED: 3,
}
"""What a command ends with; 2 is for bad usage and for records that cannot be read."""


@dataclass(frozen=True, slots=True)
class Judgment:
    """The verdicts on the laws, and what follows from them for the run.

    `asked` are the names of the laws that were chosen; none means all.
    """

    run: Run
    laws: tuple[LawResult, ...]
    asked: frozenset[str] = frozenset()

    @property
    def verdict(self) -> Verdict:
        """Failed when a law is broken; untrustworthy when none is, but telemetry was lost.

        Not judged when neither, but a law that may not be left out could not be judged.
        """
        verdicts = {result.verdict for result in self.laws}
        for verdict in (Verdict.FAILED, Verdict.UNTRUSTWORTHY):
            if verdict in verdicts:
                return verdict
        return Verdict.NOT_JUDGED if self.hindered else Verdict.PASSED

    @property
    def hindered(self) -> tuple[LawResult, ...]:
        """The laws without whose verdict the run cannot pass, and which could not be judged.

        Those that lack one of the four records that are compared, and those that were asked for
        by name. A run may do without what users were told, a database, canaries and expected
        events: the laws about these are left out of it, and named.
        """
        return tuple(
            result
            for result in self.laws
            if result.verdict is Verdict.NOT_JUDGED
            and (result.law in self.asked or result.lacks.keys() & WITNESSES)
        )

    @property
    def hindrance(self) -> str:
        """How many laws could not be judged, and why; "" when nothing keeps the run from it."""
        if not self.hindered:
            return ""
        lacks = {why: None for law in self.hindered for why in law.lacks.values() or [law.why]}
        return f"{len(self.hindered)} of {len(self.laws)} laws: {'; '.join(lacks)}"

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 3 untrustworthy or not judged."""
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
    return Judgment(books.run, tuple(law.check(books) for law in laws), frozenset(wanted))


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
