"""Tests of `booking.traffic.tally`."""

from booking.traffic.tally import Tally


def test_answers_are_counted_by_what_they_were() -> None:
    """Good ones together, others by status, and those that never came."""
    tally = Tally()
    for status in (200, 201, 409, 503, 503, None):
        tally.enter("book", status, 0.1)
    assert tally.outcomes() == {"409": 1, "503": 2, "no answer": 1, "ok": 2}
    assert (tally.steps(), tally.requests) == ({"book": 2}, 6)


def test_journeys_are_counted_with_those_that_came_to_their_end() -> None:
    """A failed step ends a journey."""
    tally = Tally()
    for complete in (True, False, True):
        tally.enter_journey(complete)
    assert tally.journeys == (3, 2)


def test_quantiles_are_those_of_the_answers() -> None:
    """Of 1 to 100 milliseconds half came within 51; without answers all are 0."""
    tally = Tally()
    assert tally.quantiles_s((0.5, 0.99)) == [0.0, 0.0]
    for milliseconds in range(1, 101):
        tally.enter("show", 200, milliseconds / 1000)
    assert tally.quantiles_s((0.5, 0.99)) == [0.051, 0.1]
