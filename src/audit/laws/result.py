"""What a law finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MOST_KEPT = 1000
"""Disagreements of one law that are kept; more are only counted."""


class Verdict(StrEnum):
    """What is said of a law, and of a run."""

    PASSED = "passed"
    FAILED = "failed"
    UNTRUSTWORTHY = "untrustworthy"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Row:
    """What each witness says of one fact in one scope, and what that comes to.

    `residual` is the difference; `why` names it where it was known to be there.
    """

    scope: str
    says: Mapping[str, float]
    verdict: Verdict = Verdict.PASSED
    residual: float = 0.0
    why: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether all witnesses agree without any remark."""
        return self.verdict is Verdict.PASSED and not self.residual and not self.why


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One operation, attempt, line or booking of which the records tell different stories."""

    what: str
    trace_id: str = ""
    span_id: str = ""
    subject: str = ""


@dataclass(slots=True)
class LawResult:
    """The verdict on one law, with the rows and the disagreements behind it.

    `lacks` are the witnesses without whom it is not judged, and why each is missing.
    """

    law: str
    title: str
    verdict: Verdict = Verdict.PASSED
    rows: list[Row] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    more: int = 0
    why: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Take a row into account."""
        self.rows.append(row)
        self._worsen(row.verdict)

    def disagree(
        self, what: str, *, trace_id: str = "", span_id: str = "", subject: str = ""
    ) -> None:
        """Take a disagreement into account, which fails the law."""
        if len(self.disagreements) < MOST_KEPT:
            self.disagreements.append(Disagreement(what, trace_id, span_id, subject))
        else:
            self.more += 1
        self._worsen(Verdict.FAILED)

    def _worsen(self, verdict: Verdict) -> None:
        if _GRAVITY[verdict] > _GRAVITY[self.verdict]:
            self.verdict = verdict


_GRAVITY = {
    Verdict.NOT_JUDGED: -1,
    Verdict.PASSED: 0,
    Verdict.UNTRUSTWORTHY: 1,
    Verdict.FAILED: 2,
}
