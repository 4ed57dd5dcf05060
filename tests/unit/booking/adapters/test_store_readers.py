"""The pool of reading connections."""

import sqlite3
import threading
from collections.abc import Callable

import pytest

from booking.adapters.store_readers import Readers
from booking.domain.errors import StoreFault, StoreUnavailable


class Opener:
    """Opens connections to nothing, and counts them."""

    def __init__(self) -> None:
        self.opened: list[sqlite3.Connection] = []

    def __call__(self) -> sqlite3.Connection:
        """One more."""
        self.opened.append(sqlite3.connect(":memory:", check_same_thread=False))
        return self.opened[-1]


def fault_of(call: Callable[[], object]) -> StoreFault:
    """How the store is unavailable."""
    with pytest.raises(StoreUnavailable) as caught:
        call()
    return caught.value.fault


def select_one(connection: sqlite3.Connection) -> int:
    """A read that works."""
    return int(connection.execute("SELECT 1").fetchone()[0])


def test_connections_are_opened_when_needed_and_used_again() -> None:
    """Reads one after the other need one connection, and closing closes it."""
    opener = Opener()
    readers = Readers(opener, size=2, wait_s=1)
    assert [readers.read(select_one) for _ in range(5)] == [1] * 5
    assert len(opener.opened) == 1
    readers.close()
    with pytest.raises(sqlite3.ProgrammingError):
        opener.opened[0].execute("SELECT 1")


def test_the_connection_used_last_is_used_next() -> None:
    """Its pages are in its cache."""
    readers, used = Readers(Opener(), size=3, wait_s=1), list[sqlite3.Connection]()

    def read_inside(outer: sqlite3.Connection) -> None:
        readers.read(used.append)
        used.append(outer)

    readers.read(read_inside)
    readers.read(used.append)
    readers.read(used.append)
    inner, outer, *later = used
    assert inner is not outer
    assert later == [outer, outer]
    readers.close()


def test_a_failed_connection_is_replaced() -> None:
    """After an error of the database the next read gets a fresh connection."""
    opener = Opener()
    readers = Readers(opener, size=1, wait_s=1)
    assert fault_of(lambda: readers.read(lambda c: c.execute("nonsense"))) is StoreFault.OTHER
    assert (readers.read(select_one), len(opener.opened)) == (1, 2)
    readers.close()


def test_a_connection_that_cannot_be_opened_is_unavailable() -> None:
    """The place in the pool is given back, so that the next read tries again."""

    def refuse() -> sqlite3.Connection:
        raise sqlite3.OperationalError

    readers = Readers(refuse, size=1, wait_s=0.01)
    faults = [fault_of(lambda: readers.read(select_one)) for _ in range(2)]
    assert faults == [StoreFault.OTHER] * 2


def test_waiting_for_a_turn_is_bounded() -> None:
    """When all connections are busy, a caller is told after its wait."""
    readers = Readers(Opener(), size=1, wait_s=0.01)

    def read_inside(_connection: sqlite3.Connection) -> StoreFault:
        return fault_of(lambda: readers.read(select_one))

    assert readers.read(read_inside) is StoreFault.TIMEOUT
    readers.close()


def test_connections_in_use_are_known() -> None:
    """One while a read runs, none before and after."""
    readers = Readers(Opener(), size=2, wait_s=1)
    seen = [readers.in_use]
    readers.read(lambda _: seen.append(readers.in_use))
    assert [*seen, readers.in_use] == [0, 1, 0]
    readers.close()


def test_closed_readers_read_no_more() -> None:
    """After closing every read is refused at once."""
    readers = Readers(Opener(), size=1, wait_s=0.01)
    readers.close()
    assert fault_of(lambda: readers.read(select_one)) is StoreFault.CLOSED


def test_reads_run_side_by_side() -> None:
    """Two readers are inside at once."""
    readers = Readers(Opener(), size=2, wait_s=1)
    both = threading.Barrier(2, timeout=5)
    threads = [
        threading.Thread(target=readers.read, args=(lambda _: both.wait(),)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken
    readers.close()
