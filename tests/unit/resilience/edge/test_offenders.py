"""Whose refusals are held back."""

from resilience.edge.offenders import MAX_OFFENDERS, Offenders


def held(offenders: Offenders, client: str) -> float:
    """The seconds that one refusal is held back, ended at once."""
    hold_s = offenders.hold(client)
    offenders.release(hold_s)
    return hold_s


def test_the_second_refusal_in_a_row_is_held_back() -> None:
    """The first is not, nor is the first after the client was admitted again."""
    offenders = Offenders(0.5, 10)
    waits = [held(offenders, "a"), held(offenders, "a"), held(offenders, "b")]
    offenders.forgive("a")

    assert [*waits, held(offenders, "a")] == [0.0, 0.5, 0.0, 0.0]


def test_no_more_than_allowed_are_held_at_once() -> None:
    """Past the cap refusals go out without delay, and a place comes free with its refusal."""
    offenders = Offenders(0.5, 1)
    held(offenders, "a")
    first, second = offenders.hold("a"), offenders.hold("a")
    assert (first, second, offenders.held) == (0.5, 0.0, 1)
    offenders.release(second)
    offenders.release(first)
    assert (held(offenders, "a"), offenders.held) == (0.5, 0)


def test_the_table_is_bounded() -> None:
    """The offender that was quiet the longest is forgotten first."""
    offenders = Offenders(0.5, 10)
    for number in range(MAX_OFFENDERS + 1):
        held(offenders, str(number))

    assert (held(offenders, "1"), held(offenders, "0")) == (0.5, 0.0)


def test_who_was_never_refused_has_nothing_to_be_forgiven() -> None:
    """Admitting one client changes nothing for another."""
    offenders = Offenders(0.5, 10)
    held(offenders, "a")
    offenders.forgive("b")

    assert [held(offenders, "b"), held(offenders, "a")] == [0.0, 0.5]
