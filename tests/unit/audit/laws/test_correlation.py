"""L8 says how much it has followed."""

from pathlib import Path

from tests.audit_books import PASSED, result_of
from tests.audit_play import Play


def test_it_counts_what_it_has_followed(tmp_path: Path) -> None:
    """Of one booking without a fault: every line, span, request and answer."""
    play = Play()
    play.book("201")
    (row,) = result_of(play, tmp_path, "L8").rows

    assert (row.verdict, row.residual, row.says) == (
        PASSED,
        0,
        {"log lines": 5, "spans": 5, "requests on the wire": 1, "answers": 1},
    )
