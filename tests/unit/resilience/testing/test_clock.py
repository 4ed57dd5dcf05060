"""The clock that stands still."""

from datetime import UTC, datetime, timedelta

from resilience.testing.clock import START, FakeClock


def test_sleep_passes_at_once_and_is_written_down() -> None:
    """A wait moves both clocks by its length."""
    clock = FakeClock(monotonic_s=5.0)
    assert clock.sleep(2.5)
    assert (clock.monotonic(), clock.utc_now(), clock.slept) == (
        7.5,
        START + timedelta(seconds=2.5),
        [2.5],
    )


def test_the_wall_clock_moves_alone() -> None:
    """Setting the wall clock leaves the monotonic one as it was."""
    clock = FakeClock(monotonic_s=5.0)
    clock.set_wall(datetime(1999, 1, 1, tzinfo=UTC))
    assert (clock.monotonic(), clock.utc_now().year) == (5.0, 1999)


def test_an_interrupted_wait_does_not_pass() -> None:
    """After an interrupt no wait passes, not even the one under way."""
    clock = FakeClock(on_sleep=lambda _: clock.interrupt())
    assert not clock.sleep(9.0)
    assert (clock.monotonic(), clock.slept) == (1000.0, [])
