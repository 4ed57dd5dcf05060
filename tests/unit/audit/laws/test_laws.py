"""What every law has in common: balanced books pass, missing witnesses are named."""

from pathlib import Path
from shutil import rmtree

import pytest
from tests.audit_books import NOT_JUDGED, PASSED, balanced, judged

from audit.laws import LAWS
from audit.reading import read_books
from audit.verdict import judge
from booking.auditing import CATALOGUE

NAMES = [f"L{number}" for number in range(1, 14)]


def test_the_laws_are_all_there_and_in_order() -> None:
    """L1 to L13."""
    assert [law.name for law in LAWS] == NAMES


def test_balanced_books_pass_every_law(tmp_path: Path) -> None:
    """With every kind of attempt in them."""
    play = balanced()
    play.about["expected_events"] = ["retry.started", "timeout.elapsed"]

    assert {r.law: r.verdict for r in judged(play, tmp_path).laws} == dict.fromkeys(NAMES, PASSED)


@pytest.mark.parametrize(
    ("gone", "unjudged"),
    [
        ("spans.jsonl", "L1 L2 L3 L4 L5 L6 L7 L8 L10 L11 L13"),
        ("ledger/agent-api.jsonl", "L1 L3 L4 L5 L6 L7 L8 L9 L10 L13"),
        ("metrics/agent-1", "L1 L2 L3 L4 L5 L6 L7 L9 L10 L11 L12 L13"),
        ("logs/api-1.jsonl", "L1 L2 L3 L4 L5 L6 L7 L8 L9 L10 L11 L13"),
        ("users.jsonl", "L9 L13"),
        ("database.db", "L9 L13"),
    ],
)
def test_a_missing_witness_is_never_passed_over(tmp_path: Path, gone: str, unjudged: str) -> None:
    """The laws that need it are not judged, and say what is missing."""
    directory = balanced().write(tmp_path / "run")
    path = directory / gone
    path.unlink() if path.is_file() else rmtree(path)

    laws = judge(read_books(directory, CATALOGUE)).laws

    assert " ".join(r.law for r in laws if r.verdict is NOT_JUDGED) == unjudged
    assert all(gone.split("/")[-1] in r.why for r in laws if r.why and r.law != "L13")
