"""A bounded way out for signals: never blocks its callers, and counts what it drops."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from resilience.gauges import TELEMETRY_DELIVERED, TELEMETRY_DROPPED, TELEMETRY_MADE, Reading

T = TypeVar("T")
Deliver = Callable[[list[T]], bool]

REASONS = ("queue_full", "delivery_failed", "shutdown")


class Pipe(Generic[T]):
    """Items go in from any thread and are delivered in batches by one thread of its own.

    At most `limit` items wait; one more is dropped and counted (`queue_full`), because a signal
    must never hold up the work that it tells of. `deliver` gets up to `batch` items, at latest
    `linger_s` seconds after the first, and says whether they arrived; when it raises or says no,
    they count as `delivery_failed`. So at rest: made = delivered + dropped.
    """

    def __init__(
        self, signal: str, deliver: Deliver[T], *, limit: int, batch: int, linger_s: float
    ) -> None:
        self.signal = signal
        self._deliver = deliver
        self._limit = limit
        self._batch = batch
        self._linger_s = linger_s
        self._items: deque[T] = deque()
        self._in_hand = 0
        self._made = 0
        self._delivered = 0
        self._dropped: Counter[str] = Counter(dict.fromkeys(REASONS, 0))
        self._lock = threading.RLock()  # a signal handler may log while its own thread does
        self._filled = threading.Event()
        self._full_batch = threading.Event()
        self._rest = threading.Condition(self._lock)
        self._flushing = 0
        self._closing = False
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name=f"{signal}-pipe", daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hand over one item; returns at once whatever becomes of it."""
        with self._lock:
            self._made += 1
            waiting = len(self._items)
            if waiting >= self._limit or self._closing:
                self._dropped["shutdown" if self._closing else "queue_full"] += 1
                return
            self._items.append(item)
        if waiting == 0:
            self._filled.set()
        if waiting + 1 == self._batch:
            self._full_batch.set()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was put is delivered or dropped; False when time ran out."""
        with self._rest:
            self._flushing += 1
            self._full_batch.set()
            try:
                return self._rest.wait_for(lambda: not self._items and not self._in_hand, timeout_s)
            finally:
                self._flushing -= 1

    def close(self, timeout_s: float) -> bool:
        """Deliver what waits, for at most `timeout_s` seconds; the rest is dropped and counted."""
        with self._lock:
            self._closing = True
        self._filled.set()
        done = self.flush(timeout_s)
        with self._lock:
            self._abandoned = True
            self._dropped["shutdown"] += len(self._items) + self._in_hand
            self._items.clear()
            self._in_hand = 0
        return done

    def readings(self) -> Iterable[Reading]:
        """How many items were made, delivered, and dropped for which reason."""
        with self._lock:
            dropped, made, delivered = dict(self._dropped), self._made, self._delivered
        yield Reading(TELEMETRY_MADE, (self.signal,), made)
        yield Reading(TELEMETRY_DELIVERED, (self.signal,), delivered)
        for reason in REASONS:
            yield Reading(TELEMETRY_DROPPED, (self.signal, reason), dropped[reason])

    def _run(self) -> None:
        while not self._abandoned:
            self._filled.wait()
            if not self._hurries():
                self._full_batch.wait(self._linger_s)
            self._full_batch.clear()
            self._filled.clear()
            self._deliver_waiting()
            if self._closing and not self._items:
                return

    def _hurries(self) -> bool:
        return self._closing or self._flushing > 0

    def _deliver_waiting(self) -> None:
        """Deliver a batch, and more while they are full; the rest lingers as a batch of its own.

        Else the few items that come during a delivery would be the next one, and so on.
        """
        while batch := self._take():
            self._settle(batch, self._arrived(batch))
            if len(self._items) < self._batch and not self._hurries():
                break
        if self._items:
            self._filled.set()

    def _take(self) -> list[T]:
        with self._lock:
            count = min(self._batch, len(self._items))
            batch = [self._items.popleft() for _ in range(count)]
            self._in_hand = count
            return batch

    def _arrived(self, batch: list[T]) -> bool:
        try:
            return self._deliver(batch)
        except BaseException:  # whatever the destination raises is a drop, never the thread's end
            return False

    def _settle(self, batch: list[T], arrived: bool) -> None:
        with self._rest:
            if self._abandoned:
                return
            self._in_hand = 0
            if arrived:
                self._delivered += len(batch)
            else:
                self._dropped["delivery_failed"] += len(batch)
            self._rest.notify_all()
