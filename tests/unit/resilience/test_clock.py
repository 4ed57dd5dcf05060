"""The operating system's clock, whose waits end when the process does."""

import threading
from datetime import UTC

from resilience.clock import Clock, SystemClock


def test_the_wall_clock_has_the_utc_time_zone() -> None:
    """Records are never in local time."""
    assert SystemClock().utc_now().tzinfo is UTC


def test_the_monotonic_clock_does_not_go_back() -> None:
    """Later readings are not smaller."""
    clock: Clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


def test_a_wait_that_is_over_says_so() -> None:
    """Nothing, or less, to wait for is a wait that ran its course."""
    clock = SystemClock()
    assert [clock.sleep(0.0), clock.sleep(-1.0)] == [True, True]


def test_an_interrupt_ends_every_wait_now_and_later() -> None:
    """A wait of any length, begun before or after, is cut short and says so."""
    clock, ended = SystemClock(), []
    thread = threading.Thread(target=lambda: ended.append(clock.sleep(1e300)))
    thread.start()
    clock.interrupt()
    thread.join(5)
    assert (ended, clock.sleep(60.0)) == ([False], False)
