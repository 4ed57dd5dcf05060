"""Ties the use cases and the store to telemetry: their spans and their one event."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from types import TracebackType

from booking.domain.errors import KeyInFlight, Refused, SlotTaken
from booking.events import AppointmentDecided
from booking.service.ports import Outcome, Report
from resilience.declare import Emit
from resilience.events import Observe, SpanKind

Attributes = Mapping[str, str | int | float | bool]

EXPECTED: tuple[type[BaseException], ...] = (Refused, SlotTaken, KeyInFlight)
"""Errors that are an answer of booking, not a failure of it."""


class _Calm(AbstractContextManager[None]):
    """A span that what was expected does not mark as failed."""

    __slots__ = ("_expected", "_span")

    def __init__(
        self, span: AbstractContextManager[object], expected: tuple[type[BaseException], ...]
    ) -> None:
        self._span = span
        self._expected = expected

    def __enter__(self) -> None:
        self._span.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        if kind is not None and issubclass(kind, self._expected):
            kind = error = trail = None
        self._span.__exit__(kind, error, trail)


def calm(observe: Observe, *more: type[BaseException]) -> Observe:
    """The same `Observe`, whose spans are not failed by `EXPECTED` errors and by `more`."""
    expected = (*EXPECTED, *more)

    def calmed(
        name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes | None = None
    ) -> AbstractContextManager[None]:
        return _Calm(observe(name, kind, attributes), expected)

    return calmed


def query_spans(observe: Observe) -> Callable[[str, str], AbstractContextManager[None]]:
    """The store's `query_span`: a CLIENT span by operation and collection, without values."""

    def query_span(operation: str, collection: str) -> AbstractContextManager[None]:
        name, attributes = _query(operation, collection)
        return _Calm(observe(name, SpanKind.CLIENT, attributes), EXPECTED)

    return query_span


@lru_cache(maxsize=64)
def _query(operation: str, collection: str) -> tuple[str, Attributes]:
    summary = f"{operation} {collection}"
    return summary, {
        "db.system.name": "sqlite",
        "db.operation.name": operation,
        "db.collection.name": collection,
        "db.query.summary": summary,
    }


def report_to(emit: Emit) -> Report:
    """The use cases' `report`: each outcome becomes one `AppointmentDecided`."""
    decided = {outcome: AppointmentDecided(result=outcome) for outcome in Outcome}
    return lambda outcome: emit(decided[outcome])
