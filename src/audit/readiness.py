"""The production readiness verdict: what a load run measured, and nothing else.

Every line is a figure with the record that it was read from, or a check with its outcome; the
commands that make the runs and repeat the verdicts stand beside them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from audit.errors import Unreadable
from audit.laws.result import Verdict
from audit.measured import Figure
from audit.sources.lines import objects
from audit.verdict import Judgment

CHECKS = "checks.jsonl"
PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation of a scenario: what it says, the test that holds it, and its outcome."""

    says: str
    test: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Report:
    """One run: the verdict on its books, what was measured and what was checked."""

    directory: Path
    judgment: Judgment
    figures: Sequence[Figure]
    checks: Sequence[Check]

    @property
    def failures(self) -> list[str]:
        """Why this run speaks against being ready."""
        name = self.judgment.run.name
        found = [
            f"{name}: {result.law} is broken: {result.title}"
            for result in self.judgment.laws
            if result.verdict is Verdict.FAILED
        ]
        if self.judgment.hindrance:
            found.append(f"{name}: not judged: {self.judgment.hindrance}")
        found += [f"{name}: {c.says} ({c.outcome})" for c in self.checks if c.outcome != PASSED]
        return found if self.checks else [*found, f"{name}: nothing was checked"]


def read_checks(directory: Path) -> list[Check]:
    """The checks of a run; none when it was not made by a suite. Raises Unreadable."""
    path = directory / CHECKS
    if not path.exists():
        return []
    latest: dict[str, Check] = {}
    for number, line in objects(path):
        try:
            latest[line["test"]] = Check(line["says"], line["test"], line["outcome"])
        except KeyError as error:
            raise Unreadable(path, f"a check without {error}", number) from None
    return list(latest.values())


def runs_in(directory: Path) -> list[Path]:
    """The directories of runs: the given one, or those in it. Raises Unreadable for none."""
    found = [directory] if (directory / "run.json").exists() else []
    found = found or sorted(path.parent for path in directory.glob("*/run.json"))
    if not found:
        raise Unreadable(directory, "expected directories of runs, such as `make load` leaves")
    return sorted(found, key=_began)


def _began(directory: Path) -> str:
    try:
        return str(orjson.loads((directory / "run.json").read_bytes()).get("started_at"))
    except ValueError:
        return ""


def write_verdict(reports: Sequence[Report]) -> str:
    """The verdict on all runs, as Markdown."""
    return "\n".join([*_head(reports), *_summary(reports), *_each(reports), ""])


def _head(reports: Sequence[Report]) -> Iterator[str]:
    failures = [failure for report in reports for failure in report.failures]
    runs = [report.judgment.run for report in reports]
    scales = ", ".join(sorted({run.scale for run in runs})) or "real times"
    checks = sum(len(report.checks) for report in reports)
    yield f"# Production readiness: {'NOT READY' if failures else 'READY'}"
    yield ""
    yield (
        f"Measured {runs[0].started_at[:16]} to {runs[-1].ended_at[:16]} UTC, version"
        f" {runs[0].version}, {scales}: {len(runs)} runs, {checks} checks."
    )
    yield ""
    yield from [f"- {failure}" for failure in failures] or [
        "No law was broken, and every check passed."
    ]
    yield ""


def _summary(reports: Sequence[Report]) -> Iterator[str]:
    yield "| run | the books | checks passed | seed | the same verdict again |"
    yield "|---|---|---|---|---|"
    for report in reports:
        run, passed = report.judgment.run, sum(c.outcome == PASSED for c in report.checks)
        yield (
            f"| {run.name} | {report.judgment.verdict} | {passed} of {len(report.checks)}"
            f" | {run.seed} | `tallybook audit {report.directory}` |"
        )
    yield ""


def _each(reports: Sequence[Report]) -> Iterator[str]:
    for report in reports:
        yield f"## {report.judgment.run.name}"
        yield ""
        yield from _doubts(report.judgment)
        yield "| measured | figure | read from |"
        yield "|---|---|---|"
        yield from (f"| {f.what} | {f.value} | {f.source} |" for f in report.figures)
        yield ""
        yield from (f"- {c.outcome}: {c.says} (`pytest {c.test}`)" for c in report.checks)
        yield ""


def _doubts(judgment: Judgment) -> Iterator[str]:
    doubted = [r for r in judgment.laws if r.verdict is not Verdict.PASSED]
    for result in doubted:
        why = result.why or next((row.why for row in result.rows if row.why), result.title)
        yield f"- {result.law} {result.verdict}: {why}"
    if doubted:
        yield ""
