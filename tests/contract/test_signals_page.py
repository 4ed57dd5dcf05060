"""The reference page of all signals."""

from pathlib import Path

from booking.reference import write_reference

PAGE = Path(__file__).parents[2] / "docs" / "signals.md"


def test_the_reference_page_is_not_stale() -> None:
    """What is committed is what the catalogue says now."""
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""

    assert written == write_reference(), "docs/signals.md is stale: run `make signals`"
