"""The store across processes: starting together, dying, and coming back."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.booking_shop import store_at

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("store_process.py")


class Peer:
    """A process of its own with the shop's store."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        )

    def open(self) -> None:
        """Let it open the store."""
        self.send("now", "please")

    def send(self, key: str, hour: str) -> None:
        """Ask for a booking without waiting for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{key} {hour}\n")
        self.process.stdin.flush()

    def answer(self) -> list[str]:
        """The next line that it says."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n").split(" ", 1)

    def kill(self) -> None:
        """As kill -9 does."""
        self.process.kill()
        self.process.wait()

    def close(self) -> int:
        """End it in order, and say how it went."""
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Callable[..., Peer]]:
    """Starts processes, none of which outlives the test."""
    peers: list[Peer] = []

    def start(*, is_open: bool = True) -> Peer:
        peers.append(Peer(tmp_path))
        if is_open:
            peers[-1].open()
        return peers[-1]

    yield start
    for each in peers:
        each.kill()
        for pipe in (each.process.stdin, each.process.stdout):
            if pipe is not None:
                pipe.close()


def rows(path: Path) -> int:
    """How many appointments the file has, in a file that is sound."""
    with closing(sqlite3.connect(path / "booking.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(connection.execute("SELECT count(*) FROM appointments").fetchone()[0])


def test_processes_that_start_together_share_one_migration(
    peer: Callable[..., Peer], tmp_path: Path
) -> None:
    """Four processes open a file that is not there yet, and all of them can book."""
    peers = [peer(is_open=False) for _ in range(4)]
    for each in peers:
        each.open()
    assert [each.answer() for each in peers] == [["open"]] * 4
    for each, hour in zip(peers, ("09", "10", "11", "12"), strict=True):
        each.send(f"key-{hour}", hour)
    assert [each.answer()[0] for each in peers] == ["created"] * 4
    assert [each.close() for each in peers] == [0] * 4
    assert rows(tmp_path) == 4


@pytest.mark.fault(41)
def test_one_key_from_two_processes_is_one_booking(
    peer: Callable[..., Peer], tmp_path: Path
) -> None:
    """Whoever is second sends the first one's bytes, twenty times over."""
    one, other = peer(), peer()
    assert one.answer() == other.answer() == ["open"]
    for number, hour in enumerate(("09", "10", "11", "12") * 5):
        for each in (one, other):
            each.send(f"key-{hour}", hour)
        answers = [one.answer(), other.answer()]
        assert answers[0][1] == answers[1][1]
        words = sorted(word for word, _ in answers)
        assert words == (["created", "replayed"] if number < 4 else ["replayed"] * 2)
    assert rows(tmp_path) == 4


@pytest.mark.fault(6, 41)
def test_an_acknowledged_booking_survives_kill_9(peer: Callable[..., Peer], tmp_path: Path) -> None:
    """After kill -9 the booking is there, and its key replays the same bytes."""
    first = peer()
    assert first.answer() == ["open"]
    first.send("key-1", "09")
    created, body = first.answer()
    first.kill()
    assert (created, rows(tmp_path)) == ("created", 1)
    second = peer()
    assert second.answer() == ["open"]
    second.send("key-1", "09")
    second.send("key-2", "09")
    assert second.answer() == ["replayed", body]
    assert second.answer() == ["refused", "SlotTaken"]


@pytest.mark.fault(41)
def test_a_restart_changes_no_reply(peer: Callable[..., Peer], tmp_path: Path) -> None:
    """A process that ended in order leaves its replies to the next, and no log behind."""
    first = peer()
    assert first.answer() == ["open"]
    first.send("key-1", "09")
    _, body = first.answer()
    assert (first.close(), (tmp_path / "booking.db-wal").exists()) == (0, False)
    second = peer()
    assert second.answer() == ["open"]
    second.send("key-1", "09")
    assert second.answer() == ["replayed", body]


def test_killing_a_writer_leaves_no_lock(peer: Callable[..., Peer], tmp_path: Path) -> None:
    """A store in this process goes on when its neighbour dies while booking."""
    store = store_at(tmp_path)
    neighbour = peer()
    assert neighbour.answer() == ["open"]
    neighbour.send("key-1", "09")
    neighbour.kill()
    store.sync_services([])
    assert list(store.services()) == []
    store.close()
    assert rows(tmp_path) in (0, 1)
