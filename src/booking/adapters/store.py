"""The SQL store: bookings in one SQLite file."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TypeVar

from booking.adapters import store_statements as sql
from booking.adapters.store_connection import connect
from booking.adapters.store_keys import Job, KeysInFlight, Once
from booking.adapters.store_migration import prepare
from booking.adapters.store_options import StoreOptions
from booking.adapters.store_readers import Readers
from booking.adapters.store_rows import utc_s
from booking.adapters.store_services import sync_services
from booking.adapters.store_transaction import SqlTransaction, find_appointment
from booking.adapters.store_writer import GroupCommit
from booking.domain.model import Appointment, ConfirmationNumber, Service
from booking.events import CONNECTIONS, CONNECTIONS_MAX, WAITING_WRITES, WAITING_WRITES_LIMIT
from booking.service.idempotency import KeyUse
from booking.service.ports import Reply, UtcClock, Work, Write
from resilience.gauges import Reading

T = TypeVar("T")
QuerySpan = Callable[[str, str], AbstractContextManager[None]]


def _no_span(_operation: str, _collection: str) -> AbstractContextManager[None]:
    return nullcontext()


class SqliteStore:
    """The port `Store` over one SQLite file, safe to share between threads.

    Made by `open_store`. `query_span(operation, collection)` is entered round each read and
    each write, waiting included, on the caller's thread.
    """

    def __init__(
        self, options: StoreOptions, clock: UtcClock, query_span: QuerySpan = _no_span
    ) -> None:
        self._options = options
        self._clock = clock
        self._query_span = query_span
        self._keys = KeysInFlight()
        open_one = partial(connect, options.path, busy_timeout_s=options.busy_timeout_s)
        self._readers = Readers(
            partial(open_one, read_only=True),
            size=options.readers,
            wait_s=options.wait_s,
        )
        self._writer = GroupCommit(
            open_one,
            busy_timeout_s=options.busy_timeout_s,
            queue_limit=options.queue_limit,
            batch_limit=options.batch_limit,
            wait_s=options.wait_s,
        )

    def services(self) -> Sequence[Service]:
        """The services on offer, in the order of the business data."""
        with self._query_span("SELECT", "services"):
            rows = self._readers.read(lambda c: c.execute(sql.LIST_SERVICES.sql).fetchall())
        return [Service(*row) for row in rows]

    def claimed(self, provider_id: str, cells: range) -> frozenset[int]:
        """Which of these cells of the provider's time are claimed."""
        bounds = (provider_id, cells.start, cells.stop)
        with self._query_span("SELECT", "claims"):
            rows = self._readers.read(lambda c: c.execute(sql.CLAIMED_CELLS.sql, bounds).fetchall())
        return frozenset(cell for (cell,) in rows)

    def find(self, confirmation: ConfirmationNumber) -> Appointment:
        """The appointment; raises UnknownAppointment."""
        with self._query_span("SELECT", "appointments"):
            return self._readers.read(lambda c: find_appointment(c, confirmation))

    def execute(self, work: Work, *, key: KeyUse | None, write: Write) -> Reply:
        """Do the work in one transaction and keep its reply with the key, durably.

        A key that was used before gives the stored reply, byte for byte, and the work is not
        done. Raises KeyReused, KeyInFlight, StoreUnavailable, and whatever the work raises.
        """
        unit = lambda c: work(SqlTransaction(c))  # noqa: E731  # one line
        with self._query_span(write.value, "appointments"):
            if key is None:
                return self._writer.run(unit)
            return self._execute_once(key, unit)

    def _execute_once(self, use: KeyUse, work: Job) -> Reply:
        once = Once(use, work, utc_s(self._clock.utc_now()), self._options.key_retention_s)
        with self._keys.hold(use):
            return self._writer.run(once.carefully, once.quickly)

    def sync_services(self, services: Sequence[Service]) -> None:
        """Make the table of services agree with the business data."""
        self._writer.run(lambda c: sync_services(c, services))

    def readings(self) -> Iterable[Reading]:
        """How busy the connections are, and how many writes wait."""
        used, size = self._readers.in_use, self._options.readers
        yield Reading(CONNECTIONS, ("used",), used)
        yield Reading(CONNECTIONS, ("idle",), size - used)
        yield Reading(CONNECTIONS_MAX, (), size)
        yield Reading(WAITING_WRITES, (), self._writer.waiting)
        yield Reading(WAITING_WRITES_LIMIT, (), self._options.queue_limit)

    @property
    def is_open(self) -> bool:
        """Whether writes are still taken and carried out."""
        return self._writer.is_running

    def close(self) -> None:
        """Answer everybody who waits, then close the file; nothing is taken any more."""
        self._writer.close()
        self._readers.close()


def open_store(
    options: StoreOptions,
    *,
    clock: UtcClock,
    services: Sequence[Service],
    query_span: QuerySpan = _no_span,
) -> SqliteStore:
    """Bring the file to the newest schema and open it. Raises StoreUnusable."""
    prepare(options.path, busy_timeout_s=options.busy_timeout_s)
    store = SqliteStore(options, clock, query_span)
    store.sync_services(services)
    return store
