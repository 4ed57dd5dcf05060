"""Writes the page."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from audit.books import Books
from audit.evidence import gather
from audit.laws.result import Disagreement, LawResult, Row, Verdict
from audit.page.axis import WIDTH
from audit.page.figures import charts
from audit.page.traces import Drawn, drawn, notable
from audit.verdict import Judgment

MOST_TRACES = 5
MOST_STORIES = 5
MOST_ROWS = 200


def write_page(path: Path, judgment: Judgment, books: Books) -> None:
    """Write the verdict, the laws, the charts and the notable traces into one HTML file.

    Of each law, the stories of at most 5 disagreements are told; of the traces, the 5 slowest
    and the 5 strangest are drawn. Raises OSError when the file cannot be written.
    """
    path.write_text(render(judgment, books), encoding="utf-8")


def render(judgment: Judgment, books: Books) -> str:
    """The page as text."""
    environment = Environment(
        loader=PackageLoader("audit.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        judgment=judgment,
        run=judgment.run,
        charts=charts(books),
        chart_width=WIDTH,
        traces=_traces(books, notable(books, MOST_TRACES)),
        stories=_traces(books, _disputed(judgment.laws)),
        shown=_shown,
        most_rows=MOST_ROWS,
        plain=_plain,
        says=_says,
    )


def _traces(books: Books, why: dict[str, str]) -> dict[str, Drawn]:
    return {
        trace_id: drawn(story, why[trace_id])
        for trace_id, story in gather(books.run, why).items()
        if story.spans or story.lines or story.crossings
    }


def _disputed(laws: Sequence[LawResult]) -> dict[str, str]:
    return {
        each.trace_id: f"{result.law}: {each.what}"
        for result in laws
        for each in _shown(result)
        if each.trace_id
    }


def _shown(result: LawResult) -> Sequence[Disagreement]:
    return result.disagreements[:MOST_STORIES]


def _plain(rows: Sequence[Row]) -> int:
    return sum(row.verdict is Verdict.PASSED for row in rows)


def _says(row: Row) -> str:
    return ", ".join(f"{who} {count:g}" for who, count in row.says.items())
