"""The time budget of a whole operation."""

from resilience.deadline import LEAST_ATTEMPT_S, Deadline
from resilience.testing.clock import FakeClock


def test_time_runs_down() -> None:
    """What has passed and what is left add up to the limit."""
    clock = FakeClock()
    deadline = Deadline(10.0, clock)
    clock.advance(4.0)
    assert (deadline.elapsed_s(), deadline.remaining_s()) == (4.0, 6.0)


def test_a_wait_fits_while_an_attempt_could_follow_it() -> None:
    """A wait is allowed up to the least time that an attempt needs, and no further."""
    deadline = Deadline(10.0, FakeClock())
    waits_s = (0.0, 10.0 - 2 * LEAST_ATTEMPT_S, 10.0 - LEAST_ATTEMPT_S / 2, 11.0)
    assert [deadline.fits(wait_s) for wait_s in waits_s] == [True, True, False, False]


def test_the_least_time_is_enough() -> None:
    """An attempt without a wait is made with just that much left, and not with less."""
    clock = FakeClock(monotonic_s=0.0)
    limits_s = (LEAST_ATTEMPT_S, LEAST_ATTEMPT_S * 0.99)
    assert [Deadline(limit_s, clock).fits() for limit_s in limits_s] == [True, False]
