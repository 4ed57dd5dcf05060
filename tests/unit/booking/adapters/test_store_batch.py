"""Units that share a transaction."""

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from booking.adapters.store_batch import Unit, begin, do_all
from booking.domain.errors import SlotTaken


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A database with one table, inside a transaction."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (x INTEGER PRIMARY KEY)")
    connection.execute("BEGIN")
    yield connection
    connection.close()


def insert(number: int, connection: sqlite3.Connection) -> int:
    """Add a row."""
    connection.execute("INSERT INTO t VALUES (?)", (number,))
    return number


def refuse(connection: sqlite3.Connection) -> None:
    """Add a row and fail."""
    insert(99, connection)
    raise SlotTaken


def unit(work: object) -> Unit:
    """A unit with one way of doing it."""
    return Unit(work, work)  # type: ignore[arg-type]  # any callable


def begin_again(connection: sqlite3.Connection) -> Callable[[], None]:
    """How the next transaction begins."""

    def begin_now() -> None:
        connection.execute("BEGIN")

    return begin_now


def rows(connection: sqlite3.Connection) -> list[int]:
    """What the transaction sees."""
    return [x for (x,) in connection.execute("SELECT x FROM t ORDER BY x")]


def test_units_that_succeed_need_no_savepoint(connection: sqlite3.Connection) -> None:
    """Two units are two statements."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    do_all(
        connection, [unit(partial(insert, 1)), unit(partial(insert, 2))], begin_again(connection)
    )
    assert statements == ["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"]


def test_a_failure_is_undone_alone(connection: sqlite3.Connection) -> None:
    """The others keep their results and the failed one its error."""
    units = [unit(partial(insert, 1)), unit(refuse), unit(partial(insert, 2))]
    do_all(connection, units, begin_again(connection))
    assert [each.result for each in units] == [1, None, 2]
    assert [type(each.error) for each in units] == [type(None), SlotTaken, type(None)]
    assert rows(connection) == [1, 2]


def test_a_database_error_concerns_everybody(connection: sqlite3.Connection) -> None:
    """It is raised, so that the whole transaction is given up."""
    with pytest.raises(sqlite3.IntegrityError):
        do_all(connection, [unit(partial(insert, 1))] * 2, begin_again(connection))


def test_beginning_waits_for_nobody_when_it_is_free(connection: sqlite3.Connection) -> None:
    """Without another writer nothing is done before the transaction begins."""
    connection.execute("COMMIT")
    begin(connection, busy_timeout_s=1, before_waiting=lambda: pytest.fail("waited"))
    assert connection.in_transaction


def test_what_was_left_undone_is_done_before_waiting(tmp_path: Path) -> None:
    """When another process holds the lock, earlier callers are answered before the wait."""
    holder, waiter = (
        sqlite3.connect(tmp_path / "x.db", isolation_level=None, timeout=0) for _ in range(2)
    )
    holder.execute("BEGIN IMMEDIATE")
    begin(waiter, busy_timeout_s=1, before_waiting=holder.commit)
    assert waiter.in_transaction
    assert waiter.execute("PRAGMA busy_timeout").fetchone() == (0,)
    holder.close()
    waiter.close()
