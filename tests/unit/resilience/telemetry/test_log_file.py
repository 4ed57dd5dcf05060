"""Log lines in a file of bounded size."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from resilience.telemetry.log_file import LogFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the lines go."""
    return tmp_path / "api.jsonl"


@pytest.fixture
def log(path: Path) -> Iterator[LogFile]:
    """A file that holds ten bytes."""
    with closing(LogFile(path, limit_bytes=10)) as log:
        yield log


def test_lines_are_appended_to_what_an_earlier_life_wrote(path: Path) -> None:
    """A restart loses nothing."""
    for life in (b"first\n", b"second\n"):
        with closing(LogFile(path)) as log:
            assert log([life])
    assert path.read_bytes() == b"first\nsecond\n"


def test_a_full_file_moves_aside_and_takes_the_place_of_the_one_before(
    log: LogFile, path: Path
) -> None:
    """Two files are all there ever is."""
    for line in (b"one\n", b"two\n", b"three\n", b"four\n", b"five\n"):
        assert log([line])
    assert path.read_bytes() == b"four\nfive\n"
    assert path.with_name("api.jsonl.1").read_bytes() == b"three\n"
    assert len(list(path.parent.iterdir())) == 2


def test_what_an_earlier_life_wrote_counts(path: Path) -> None:
    """The limit holds over restarts."""
    path.write_bytes(b"long before\n")
    with closing(LogFile(path, limit_bytes=10)) as log:
        log([b"now\n"])
    assert path.read_bytes() == b"now\n"


def test_a_batch_larger_than_the_limit_is_written_whole(log: LogFile, path: Path) -> None:
    """No line is lost for its length."""
    assert log([b"a line of many bytes\n"])
    assert path.read_bytes() == b"a line of many bytes\n"


def test_a_file_that_cannot_be_opened_is_said_at_once(tmp_path: Path) -> None:
    """A process whose lines would all be lost does not start in silence."""
    with pytest.raises(FileNotFoundError):
        LogFile(tmp_path / "nowhere" / "api.jsonl")
