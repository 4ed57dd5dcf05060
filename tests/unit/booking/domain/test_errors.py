"""The tree of errors."""

import inspect
import re

from tests.booking_shop import slot_at

from booking.domain import errors
from booking.domain.errors import (
    KeyInFlight,
    SlotTaken,
    StoreFault,
    StoreUnavailable,
    UnknownService,
)


def test_the_tree_in_the_docstring_is_complete() -> None:
    """Every error of the module is drawn in its docstring."""
    drawn = set(re.findall(r"[A-Z]\w+", errors.__doc__ or ""))
    defined = {
        name
        for name, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, Exception) and value.__module__ == errors.__name__
    }
    assert defined <= drawn


def test_a_taken_slot_carries_its_alternatives() -> None:
    """The alternatives are kept as they were given."""
    assert SlotTaken([slot_at(9)]).alternatives == (slot_at(9),)


def test_what_can_pass_says_when_to_come_back() -> None:
    """Errors that pass carry whole seconds."""
    waits = (KeyInFlight().retry_after_s, StoreUnavailable(StoreFault.BUSY, 7).retry_after_s)
    assert waits == (1, 7)


def test_a_store_error_names_its_fault_and_nothing_else() -> None:
    """The message has the closed fault and the wait."""
    assert str(StoreUnavailable(StoreFault.DISK_FULL, 30)) == (
        "the store cannot answer now (disk_full); try again in 30 s"
    )


def test_an_unknown_service_is_not_echoed() -> None:
    """What was typed stays out of the message."""
    assert "<script>" not in str(UnknownService("<script>", ["srv-001"]))
