"""What crosses the ports."""

import pytest

from booking.service.ports import Outcome, Reply


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_only_a_stored_reply_is_replayed(outcome: Outcome | None) -> None:
    """Of all outcomes one means that nothing was done again."""
    assert Reply(200, b"", outcome).replayed is (outcome is Outcome.REPLAYED)
