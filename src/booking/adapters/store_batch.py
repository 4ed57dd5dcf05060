"""Units of work that share one transaction."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any

from booking.adapters.store_errors import is_busy

Job = Callable[[sqlite3.Connection], Any]


class Unit:
    """One piece of work on its way through the writer.

    `quick` may fail where `careful` would not, and may be undone and done again as `careful`.
    """

    __slots__ = ("careful", "done", "error", "quick", "result")

    def __init__(self, quick: Job, careful: Job) -> None:
        self.quick = quick
        self.careful = careful
        self.result: Any = None
        self.error: Exception | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def do_quickly(self, connection: sqlite3.Connection) -> None:
        """Do the work; if it fails, the whole transaction has to be undone."""
        self.result = self.quick(connection)

    def do_carefully(self, connection: sqlite3.Connection) -> None:
        """Do the work in a savepoint of its own, so that its failure undoes nothing else.

        A failure of the database itself is raised: it concerns the whole transaction.
        """
        connection.execute("SAVEPOINT unit")
        try:
            self.result = self.careful(connection)
        except sqlite3.Error:
            raise
        except Exception as error:
            connection.execute("ROLLBACK TO unit")
            self.error = error
        connection.execute("RELEASE unit")


def begin(
    connection: sqlite3.Connection, *, busy_timeout_s: float, before_waiting: Callable[[], None]
) -> None:
    """Become the only writer, waiting `busy_timeout_s` for another process if need be.

    The connection's own timeout is 0 otherwise, so that the need is noticed at once.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        return
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
    before_waiting()
    connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("PRAGMA busy_timeout = 0")


def do_all(
    connection: sqlite3.Connection, units: Sequence[Unit], begin_again: Callable[[], None]
) -> None:
    """Do the units inside the transaction that has begun.

    First without savepoints, since nearly always none fails; each statement less is a turn at
    the interpreter that needs not be waited for.
    """
    try:
        for unit in units:
            unit.do_quickly(connection)
    except Exception:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        begin_again()
        for unit in units:
            unit.do_carefully(connection)
