"""The verdict as text for people: the verdict first, then the figures, then the stories."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from audit.evidence import Story, gather
from audit.laws.result import Disagreement, LawResult, Row, Verdict
from audit.story import show_story
from audit.verdict import Judgment

STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.UNTRUSTWORTHY: "bold yellow",
    Verdict.NOT_JUDGED: "dim",
}
MOST_ROWS = 20
MOST_STORIES = 3


def show(console: Console, judgment: Judgment, most: int = MOST_STORIES) -> None:
    """Print everything; of each law the stories of at most `most` disagreements."""
    _head(console, judgment)
    console.print(_overview(judgment.laws))
    stories = gather(judgment.run, _told_of(judgment.laws, most))
    for result in judgment.laws:
        if result.verdict in (Verdict.FAILED, Verdict.UNTRUSTWORTHY):
            _residuals(console, result)
            _disagreements(console, result, stories, most)


def _head(console: Console, judgment: Judgment) -> None:
    run, verdict = judgment.run, judgment.verdict
    head = Text("The books of this run: ")
    head.append(verdict.upper(), style=STYLES[verdict])
    if unjudged := _unjudged(judgment):
        head.append(f"  ({unjudged})", style="yellow")
    console.print(head, soft_wrap=True)
    about = [f"run {run.name}", f"seed {run.seed}", f"version {run.version}", f"scale {run.scale}"]
    console.print(Text(", ".join(about), style="dim"))
    options = ", ".join(f"{name}={value}" for name, value in run.options.items())
    if options:
        console.print(Text(options, style="dim"))


def _unjudged(judgment: Judgment) -> str:
    """What was not judged, and why."""
    if judgment.verdict is Verdict.NOT_JUDGED:
        return judgment.hindrance
    reasons: dict[str, list[str]] = {}
    for result in judgment.laws:
        if result.verdict is Verdict.NOT_JUDGED:
            reasons.setdefault(result.why, []).append(result.law)
    return "; ".join(f"{', '.join(laws)} not judged: {why}" for why, laws in reasons.items())


def _overview(laws: Sequence[LawResult]) -> Table:
    table = Table("law", "verdict", "what must balance", "named residuals", box=None)
    for result in laws:
        verdict = Text(result.verdict, style=STYLES[result.verdict])
        table.add_row(result.law, verdict, Text(result.why or result.title), _named(result.rows))
    return table


def _named(rows: Sequence[Row]) -> Text:
    named = [row for row in rows if row.verdict is Verdict.PASSED and row.why]
    shown = [f"{row.scope}: {_count(row)} ({row.why})" for row in named[:3]]
    more = [f"and {len(named) - 3} more"] if len(named) > 3 else []
    return Text("; ".join([*shown, *more]))


def _count(row: Row) -> str:
    return f"{row.residual:g}" if row.residual else _says(row.says)


def _residuals(console: Console, result: LawResult) -> None:
    console.print()
    console.print(Text(f"{result.law} {result.title}", style=STYLES[result.verdict]))
    wrong = [row for row in result.rows if row.verdict is not Verdict.PASSED]
    table = Table("scope", "what each witness says", "residual", "", box=None)
    for row in wrong[:MOST_ROWS]:
        style = STYLES[row.verdict]
        residual = Text(f"{row.residual:g}", style=style)
        table.add_row(Text(row.scope), Text(_says(row.says)), residual, Text(row.why))
    if wrong:
        console.print(table)
    if len(wrong) > MOST_ROWS:
        console.print(f"  and {len(wrong) - MOST_ROWS} rows more")


def _says(says: Mapping[str, float]) -> str:
    return ", ".join(f"{who} {count:g}" for who, count in says.items())


def _disagreements(
    console: Console, result: LawResult, stories: Mapping[str, Story], most: int
) -> None:
    for number, disagreement in enumerate(result.disagreements[: most * 4]):
        line = Text("  • ")
        line.append(disagreement.what)
        line.append(_where(disagreement), style="dim")
        console.print(line)
        if number < most and disagreement.trace_id in stories:
            show_story(console, stories[disagreement.trace_id])
    rest = len(result.disagreements) - most * 4 + result.more
    if rest > 0:
        console.print(f"  and {rest} disagreements more")


def _where(disagreement: Disagreement) -> str:
    parts = {
        "trace": disagreement.trace_id,
        "span": disagreement.span_id,
        "": disagreement.subject,
    }
    return "".join(f"  {name} {value}".rstrip() for name, value in parts.items() if value)


def _told_of(laws: Sequence[LawResult], most: int) -> list[str]:
    shown = [each for result in laws for each in result.disagreements[:most]]
    return list(dict.fromkeys(each.trace_id for each in shown if each.trace_id))
