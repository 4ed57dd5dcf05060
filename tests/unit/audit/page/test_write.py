"""The page as a whole."""

import re
from pathlib import Path

from audit.books import Books
from audit.laws.result import LawResult, Row, Verdict
from audit.page.write import render, write_page
from audit.run import Run
from audit.verdict import Judgment


def _judgment(directory: Path) -> tuple[Judgment, Books]:
    run = Run(directory=directory, name="<storm>", seed=7)
    law = LawResult("L1", "all agree")
    law.add(Row("agent-1 attempts", {"ledger": 2, "spans": 1}, Verdict.FAILED, 1.0))
    law.disagree("a request without a span", trace_id="f" * 32)
    return Judgment(run, (law,)), Books(run=run)


def test_the_page_says_the_verdict_and_why(tmp_path: Path) -> None:
    """The verdict first, then what each witness says; names are data and never markup."""
    page = render(*_judgment(tmp_path))

    assert "<h1>failed</h1>" in page
    assert "<td>ledger 2, spans 1</td>" in page
    assert "a request without a span" in page
    assert "&lt;storm&gt;" in page
    assert "<storm>" not in page


def test_the_page_fetches_nothing(tmp_path: Path) -> None:
    """It can be mailed, and read without a network."""
    page = render(*_judgment(tmp_path))

    assert re.findall(r"(?:src|href)=[\"'](?!#)|url\(|@import|<script", page) == []


def test_the_page_is_one_file(tmp_path: Path) -> None:
    """What is rendered is what is written."""
    judgment, books = _judgment(tmp_path)
    path = tmp_path / "page.html"

    write_page(path, judgment, books)

    assert path.read_text(encoding="utf-8") == render(judgment, books)
