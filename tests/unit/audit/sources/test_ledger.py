"""The ledger's lines become crossings with times of the run."""

from pathlib import Path

import pytest
from tests.audit_play import BEGAN, Play

from audit.errors import Unreadable
from audit.sources.ledger import read_ledger


def ledger(directory: Path) -> Path:
    """The ledger of one booking."""
    play = Play()
    play.book("201")
    play.write(directory / "run")
    return directory / "run" / "ledger" / "agent-api.jsonl"


def test_times_count_from_the_run(tmp_path: Path) -> None:
    """Not from the ledger's own begin."""
    (found,) = read_ledger(ledger(tmp_path), "agent-api", BEGAN.timestamp() - 100.0, str)

    assert found.hop == "agent-api"
    assert found.began_s == pytest.approx(101.003)
    assert found.ended_s == pytest.approx(101.005)
    assert (found.upstream_status, found.status, found.attempt) == (201, 201, 1)


def test_half_a_last_line_is_left_out(tmp_path: Path) -> None:
    """A proxy that was killed leaves it."""
    path = ledger(tmp_path)
    with path.open("a") as file:
        file.write('{"seq":2,"conn')

    assert [c.seq for c in read_ledger(path, "agent-api", 0.0, str)] == [1]


def test_any_other_bad_line_is_named(tmp_path: Path) -> None:
    """With file and number."""
    path = ledger(tmp_path)
    path.write_text('{"seq":2,"conn\n' + path.read_text())

    with pytest.raises(Unreadable, match=r"agent-api\.jsonl, line 1: expected a JSON object"):
        list(read_ledger(path, "agent-api", 0.0, str))
