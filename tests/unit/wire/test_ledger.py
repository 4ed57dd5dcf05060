"""The ledger keeps, counts, writes and reads entries."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wire.faults import FAULTS
from wire.ledger import Entry, Ledger, read_ledger


def entry(**known: object) -> Entry:
    """An entry of which only some members matter."""
    times: dict[str, Any] = {
        "started_at": "2030-01-01T00:00:00+00:00",
        "started_s": 0.0,
        "ended_s": 1.0,
    }
    return Entry(connection=1, client="127.0.0.1", **(times | known))


def test_entries_are_numbered_in_their_order() -> None:
    """The number is the ledger's, whatever the entry said."""
    ledger = Ledger()
    assert [ledger.append(entry(path=path)).seq for path in ("/a", "/b")] == [1, 2]
    assert [(each.seq, each.path) for each in ledger.entries()] == [(1, "/a"), (2, "/b")]


def test_entries_since_a_number() -> None:
    """Only what is newer is returned."""
    ledger = Ledger()
    for _ in range(3):
        ledger.append(entry())
    assert [[each.seq for each in ledger.entries(since)] for since in (0, 2, 3, 9)] == [
        [1, 2, 3],
        [3],
        [],
        [],
    ]


def test_memory_is_bounded_and_what_is_lost_is_counted() -> None:
    """The oldest entries go, the totals stay right."""
    ledger = Ledger(capacity=2)
    for _ in range(5):
        ledger.append(entry(fault="hang"))
    assert [each.seq for each in ledger.entries()] == [4, 5]
    assert [each.seq for each in ledger.entries(since=4)] == [5]
    assert (ledger.total, ledger.dropped, ledger.faults()["hang"]) == (5, 3, 5)


def test_a_ledger_without_capacity_is_refused() -> None:
    """The sentence says what is expected."""
    with pytest.raises(ValueError, match="capacity is 0; expected at least 1"):
        Ledger(capacity=0)


def test_the_summary_has_every_fault_from_the_start() -> None:
    """A refused connection is an entry, but no request."""
    ledger = Ledger()
    zero = dict.fromkeys(FAULTS, 0)
    empty = {"entries": 0, "requests": 0, "dropped": 0, "unwritten": 0, "faults": zero}
    assert ledger.summary() == empty
    ledger.append(entry(fault="refuse"))
    ledger.append(entry())
    assert ledger.summary() == empty | {
        "entries": 2,
        "requests": 1,
        "faults": zero | {"refuse": 1},
    }


def test_the_file_holds_what_memory_holds(tmp_path: Path) -> None:
    """Each line is there as soon as it was entered, without closing."""
    path = tmp_path / "new" / "ledger.jsonl"
    ledger = Ledger(path)
    for status in (200, None):
        ledger.append(entry(status=status, path="/ä", first_byte_s=0.5))
        assert read_ledger(path) == ledger.entries()
    ledger.close()


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Paths are in it, and who knows a path may be able to do what it stands for."""
    path = tmp_path / "ledger.jsonl"
    Ledger(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_life_appends(tmp_path: Path) -> None:
    """Evidence is never overwritten."""
    path = tmp_path / "ledger.jsonl"
    for _ in range(2):
        ledger = Ledger(path)
        ledger.append(entry())
        ledger.close()
    assert [each.seq for each in read_ledger(path)] == [1, 1]


def test_half_a_line_does_not_spoil_the_next_one(tmp_path: Path) -> None:
    """A new life begins on a line of its own, and the damaged one is named."""
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"seq": 1, "conn')
    ledger = Ledger(path)
    ledger.append(entry())
    ledger.close()
    assert path.read_text().splitlines()[1] == entry(seq=1).to_json()


def test_half_a_last_line_is_skipped_and_another_bad_line_named(tmp_path: Path) -> None:
    """A killed process leaves half a line; anything else is a damaged file."""
    path = tmp_path / "ledger.jsonl"
    line = entry().to_json()
    path.write_text(f"{line}\n{line[:20]}")
    assert read_ledger(path) == [entry()]
    path.write_text(f"{line}\n{line[:20]}\n{line}\n")
    with pytest.raises(ValueError, match=r"ledger\.jsonl, line 2: "):
        read_ledger(path)


def test_a_line_that_is_no_entry_is_refused() -> None:
    """Unknown members are not ignored."""
    with pytest.raises(ValueError, match="not an entry of a ledger"):
        Entry.from_json('{"a": 1}')


def test_a_line_that_cannot_be_written_is_counted(tmp_path: Path) -> None:
    """Memory goes on when the file fails."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.close()
    ledger.append(entry())
    assert (ledger.unwritten, ledger.total) == (1, 1)


def test_times_are_relative_to_the_beginning() -> None:
    """The clocks are parameters."""
    ticks = iter([100.0, 101.5])
    ledger = Ledger(
        monotonic=lambda: next(ticks), utc_now=lambda: datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    assert (ledger.now_s(), ledger.utc_now()) == (1.5, "2030-01-02T03:04:05.000000+00:00")


def test_waiting_for_entries_ends_with_them() -> None:
    """Another thread's entry wakes the one that waits."""
    ledger = Ledger()
    thread = threading.Thread(target=ledger.append, args=(entry(),))
    thread.start()
    assert [each.seq for each in ledger.wait_for(1)] == [1]
    thread.join()


def test_waiting_in_vain_says_what_there_is() -> None:
    """The error names the entries that did come."""
    ledger = Ledger()
    ledger.append(entry(method="GET", path="/a", fault="hang"))
    with pytest.raises(TimeoutError, match=r"^1 of 2 entries after 0 s: GET /a hang$"):
        ledger.wait_for(2, timeout_s=0)
