"""Listeners that cannot disturb what they listen to."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType

from resilience.declare import Emit, Event, ignore
from resilience.events import Observe, SpanKind, unobserved

Attributes = Mapping[str, str | int | float | bool]


class GuardedEmit:
    """An `Emit` whose exceptions end here and are counted in `failures`."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.failures = 0

    def __call__(self, event: Event) -> None:
        """Tell the event; a listener that raises is counted and otherwise ignored."""
        try:
            self._emit(event)
        except Exception:
            self.failures += 1


class _GuardedSpan(AbstractContextManager[None]):
    """A span whose opening and closing may fail without consequence."""

    def __init__(self, observe: Observe, name: str, kind: SpanKind, attributes: Attributes) -> None:
        self._observe = observe
        self._arguments = (name, kind, attributes)
        self._span: AbstractContextManager[object] | None = None

    def __enter__(self) -> None:
        try:
            span = self._observe(*self._arguments)
            span.__enter__()
            self._span = span
        except Exception:
            self._span = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._span is not None:
            try:
                self._span.__exit__(kind, error, trace)
            except Exception:
                self._span = None


def guard_emit(emit: Emit) -> Emit:
    """The same `Emit`, made harmless."""
    return emit if emit is ignore or isinstance(emit, GuardedEmit) else GuardedEmit(emit)


def guard_observe(observe: Observe) -> Observe:
    """The same `Observe`, made harmless."""
    if observe is unobserved:
        return observe

    def guarded(
        name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes | None = None
    ) -> AbstractContextManager[object]:
        return _GuardedSpan(observe, name, kind, attributes or {})

    return guarded
