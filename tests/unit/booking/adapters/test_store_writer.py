"""Group commit."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from booking.adapters.store_connection import connect
from booking.adapters.store_writer import GroupCommit
from booking.domain.errors import SlotTaken, StoreFault, StoreUnavailable

Job = Callable[[sqlite3.Connection], object]


class Bench:
    """A writer on a file with one table, and threads that call it."""

    def __init__(self, path: Path, *, queue_limit: int = 100, wait_s: float = 5.0) -> None:
        self.path = path / "x.db"
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE t (x INTEGER PRIMARY KEY)")
        self.opened = 0
        self.writer = GroupCommit(
            self._connect, busy_timeout_s=0, queue_limit=queue_limit, batch_limit=64, wait_s=wait_s
        )
        self.gate, self.inside = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(16)

    def _connect(self) -> sqlite3.Connection:
        self.opened += 1
        return connect(self.path, busy_timeout_s=0)

    def hold(self) -> "Future[object]":
        """Keep the writer busy until the gate opens."""

        def wait(_connection: sqlite3.Connection) -> None:
            self.inside.set()
            self.gate.wait(10)

        held = self.call(wait)
        self.inside.wait(10)
        return held

    def call(self, work: Job, quick: Job | None = None) -> "Future[object]":
        """Run the work from another thread."""
        return self._pool.submit(self.writer.run, work, quick)

    def queue(self, *works: Job) -> "list[Future[object]]":
        """Have these wait behind the held one, in this order, and then open the gate."""
        calls = []
        for position, work in enumerate(works, start=1):
            calls.append(self.call(work))
            while self.writer.waiting < position:
                threading.Event().wait(0.001)
        self.gate.set()
        return calls

    def rows(self) -> list[int]:
        """What another connection sees."""
        with closing(sqlite3.connect(self.path)) as connection:
            return [x for (x,) in connection.execute("SELECT x FROM t ORDER BY x")]

    def close(self) -> None:
        """End every thread."""
        self.gate.set()
        self.writer.close()
        self._pool.shutdown()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A writer that ends with the test."""
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def insert(number: int, connection: sqlite3.Connection) -> int:
    """Add a row and return its number."""
    connection.execute("INSERT INTO t VALUES (?)", (number,))
    return number


def refuse(connection: sqlite3.Connection) -> None:
    """Add a row, then find that it must not be."""
    insert(99, connection)
    raise SlotTaken


def test_work_is_durable_when_it_is_answered(bench: Bench) -> None:
    """The answer is what the work returned, and another connection sees the row."""
    assert (bench.writer.run(partial(insert, 1)), bench.rows()) == (1, [1])


def test_those_who_wait_share_a_commit(bench: Bench) -> None:
    """Ten units that wait together are ten rows after one more commit."""
    bench.hold()
    statements: list[str] = []
    trace = lambda c: c.set_trace_callback(statements.append)  # noqa: E731  # one line
    calls = bench.queue(trace, *(partial(insert, number) for number in range(10)))
    assert [call.result(5) for call in calls[1:]] == list(range(10))
    assert (bench.rows(), statements.count("COMMIT")) == (list(range(10)), 1)


def test_a_failing_unit_undoes_itself_alone(bench: Bench) -> None:
    """Its neighbours in the same commit are kept, and only its caller hears of it."""
    bench.hold()
    calls = bench.queue(partial(insert, 1), refuse, partial(insert, 2))
    assert [calls[0].result(5), calls[2].result(5)] == [1, 2]
    assert isinstance(calls[1].exception(5), SlotTaken)
    assert bench.rows() == [1, 2]


def test_a_quick_way_that_fails_is_done_again_carefully(bench: Bench) -> None:
    """What the quick way left behind is undone first."""

    def quick(connection: sqlite3.Connection) -> int:
        insert(7, connection)
        return insert(7, connection)

    assert bench.writer.run(partial(insert, 8), quick) == 8
    assert bench.rows() == [8]


def test_an_error_of_the_database_fails_the_batch_and_no_more(bench: Bench) -> None:
    """Everybody in the batch is told, nothing is kept, and the next one has a new connection."""
    bench.hold()
    calls = bench.queue(partial(insert, 1), lambda c: c.execute("nonsense"))
    assert all(isinstance(call.exception(5), StoreUnavailable) for call in calls)
    assert (bench.writer.run(partial(insert, 2)), bench.rows(), bench.opened) == (2, [2], 2)


def test_a_full_queue_refuses_at_once(tmp_path: Path) -> None:
    """The unit after the last that may wait is not taken."""
    bench = Bench(tmp_path, queue_limit=1)
    bench.hold()
    waiting = bench.queue
    first = bench.call(partial(insert, 1))
    while not bench.writer.waiting:
        threading.Event().wait(0.001)
    with pytest.raises(StoreUnavailable) as caught:
        bench.writer.run(partial(insert, 2))
    waiting()
    assert (caught.value.fault, first.result(5)) == (StoreFault.QUEUE_FULL, 1)
    bench.close()


def test_who_gives_up_waiting_is_not_served_later(tmp_path: Path) -> None:
    """A unit whose caller has gone is taken out of the queue."""
    bench = Bench(tmp_path, wait_s=0.05)
    bench.hold()
    with pytest.raises(StoreUnavailable) as caught:
        bench.writer.run(partial(insert, 1))
    bench.gate.set()
    bench.close()
    assert (caught.value.fault, bench.rows()) == (StoreFault.TIMEOUT, [])


def test_another_process_with_the_lock_makes_it_busy(bench: Bench) -> None:
    """The wait for the lock is bounded, and when it is free all is well again."""
    with closing(sqlite3.connect(bench.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable) as caught:
            bench.writer.run(partial(insert, 1))
    assert caught.value.fault is StoreFault.BUSY
    assert bench.writer.run(partial(insert, 2)) == 2


def test_closing_answers_everybody(bench: Bench) -> None:
    """What waits is done, what comes later is refused, and the thread ends."""
    bench.hold()
    calls = bench.queue(*(partial(insert, number) for number in range(5)))
    bench.close()
    assert [call.result(0) for call in calls] == list(range(5))
    with pytest.raises(StoreUnavailable) as caught:
        bench.writer.run(partial(insert, 9))
    assert (caught.value.fault, bench.rows()) == (StoreFault.CLOSED, list(range(5)))
    assert not bench.writer.is_running


def test_no_connection_is_no_disaster(tmp_path: Path) -> None:
    """When the file cannot be opened the callers are told, each time anew."""
    writer = GroupCommit(
        partial(connect, tmp_path / "gone.db", busy_timeout_s=0),
        busy_timeout_s=0,
        queue_limit=1,
        batch_limit=1,
        wait_s=5,
    )
    for _ in range(2):
        with pytest.raises(StoreUnavailable) as caught:
            writer.run(partial(insert, 1))
        assert caught.value.fault is StoreFault.IO
    writer.close()
