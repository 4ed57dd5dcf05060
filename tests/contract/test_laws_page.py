"""The page of the laws."""

from pathlib import Path

from audit.lawbook import write_lawbook

PAGE = Path(__file__).parents[2] / "docs" / "laws.md"


def test_the_page_of_the_laws_is_not_stale() -> None:
    """What is committed is what the laws say now."""
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""

    assert written == write_lawbook(), "docs/laws.md is stale: run `make laws`"
