"""The options of the store."""

from pathlib import Path

import pytest

from booking.adapters.store_options import StoreOptions


def test_the_defaults_are_within_range() -> None:
    """Only the path has to be given."""
    assert StoreOptions(path=Path("x")).key_retention_s == 86_400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("busy_timeout_s", -1), ("wait_s", 0), ("queue_limit", 0), ("batch_limit", 0),
        ("readers", 0), ("key_retention_s", 0), ("wait_s", float("nan")),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_refused(name: str, value: float) -> None:
    """The error names the option, the value, the range and what to do."""
    with pytest.raises(ValueError, match=rf"^{name} is {value!r}, but must be between .* default$"):
        StoreOptions(path=Path("x"), **{name: value})  # type: ignore[arg-type]  # one wrong value at a time
