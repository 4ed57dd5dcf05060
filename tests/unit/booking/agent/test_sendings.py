"""Tests of `booking.agent.sendings`."""

from tests.unit.booking.agent.conftest import wish

from booking.agent.sendings import Sending, Sendings

TEN = wish("10:00")
SENDING = Sending(("2026-12-01", "11:00"), 1)


def test_the_last_one_is_remembered() -> None:
    """For the caller, the key and the wish."""
    sendings = Sendings()
    sendings.note("caller", "key", TEN, Sending(("2026-12-01", "10:30"), 0))
    sendings.note("caller", "key", TEN, SENDING)
    assert sendings.last("caller", "key", TEN) == SENDING
    assert sendings.last("caller", "key", wish("10:30")) is None
    assert sendings.last("other", "key", TEN) is None


def test_the_wished_start_takes_no_memory() -> None:
    """It is asked for anyway, also after an alternative that was refused."""
    sendings = Sendings(most=1)
    sendings.note("caller", "key", TEN, SENDING)
    sendings.note("other", "key", TEN, Sending(("2026-12-01", "10:00"), 0))
    kept = sendings.last("caller", "key", TEN)
    sendings.note("caller", "key", TEN, Sending(("2026-12-01", "10:00"), 0))

    assert (kept, sendings.last("caller", "key", TEN)) == (SENDING, None)


def test_only_so_many_are_remembered() -> None:
    """The oldest makes room."""
    sendings = Sendings(most=2)
    for key in ("one", "two", "three"):
        sendings.note("caller", key, TEN, SENDING)
    found = [sendings.last("caller", key, TEN) for key in ("one", "two", "three")]
    assert found == [None, SENDING, SENDING]


def test_nothing_personal_is_kept() -> None:
    """Of a wish a digest is enough to know it again."""
    sendings = Sendings()
    sendings.note("caller", "key", TEN, SENDING)
    assert TEN.client.email not in repr(vars(sendings))
