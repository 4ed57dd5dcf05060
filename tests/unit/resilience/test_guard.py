"""Listeners that cannot disturb what they listen to."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import pytest

from resilience.declare import Event, ignore
from resilience.events import BreakerRejected, SpanKind, unobserved
from resilience.guard import GuardedEmit, guard_emit, guard_observe

EVENT = BreakerRejected(target="t", retry_after_s=1.0)


def _raise(event: Event) -> None:
    raise RuntimeError("the listener is broken")


@pytest.mark.fault(21)
def test_a_raising_listener_is_counted() -> None:
    """What a listener raises ends in a count."""
    emit = GuardedEmit(_raise)
    emit(EVENT)
    emit(EVENT)
    assert emit.failures == 2


def test_what_needs_no_guard_gets_none() -> None:
    """The silent ports, and what is guarded already, stay as they are."""
    emit = GuardedEmit(_raise)
    assert (guard_emit(ignore), guard_emit(emit), guard_observe(unobserved)) == (
        ignore,
        emit,
        unobserved,
    )


@pytest.mark.parametrize("broken", ["make", "enter", "exit"])
@pytest.mark.fault(21)
def test_a_broken_span_does_not_disturb_the_work(broken: str) -> None:
    """The work inside is done once, whichever part of the span fails."""

    @contextmanager
    def span() -> Iterator[None]:
        if broken == "enter":
            raise RuntimeError("cannot open")
        yield
        raise RuntimeError("cannot close")

    def observe(
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, str | int | float | bool] | None = None,
    ) -> AbstractContextManager[object]:
        if broken == "make":
            raise RuntimeError("cannot make")
        return span()

    done = []
    with guard_observe(observe)("work"):
        done.append(1)
    assert done == [1]


def test_the_errors_of_the_work_pass_through_a_span() -> None:
    """A span sees the error of the work, and so does the caller."""
    seen = []

    @contextmanager
    def span(
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, str | int | float | bool] | None = None,
    ) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            seen.append(error)
            raise

    with pytest.raises(ValueError, match="work"), guard_observe(span)("work"):
        raise ValueError("work")
    assert len(seen) == 1
