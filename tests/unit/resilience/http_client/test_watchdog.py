"""The thread that cuts off what takes too long."""

import threading
import time
from dataclasses import dataclass, field

from resilience.http_client.watchdog import Watchdog


@dataclass
class Due:
    """Something that is due, and knows when it expired."""

    due_s: float
    finished: bool = False
    expired: threading.Event = field(default_factory=threading.Event)

    def expire(self) -> None:
        """Note that the time was up."""
        self.expired.set()


def test_the_earliest_expires_first_whenever_it_came() -> None:
    """A later arrival that is due earlier is not kept waiting by an earlier one."""
    watchdog, now = Watchdog(time.monotonic), time.monotonic()
    late, soon = Due(now + 60.0), Due(now + 0.02)
    watchdog.watch(late)
    watchdog.watch(soon)
    assert soon.expired.wait(5)
    assert not late.expired.is_set()
    watchdog.close()


def test_what_has_finished_is_left_alone() -> None:
    """Nothing is cut off that ended in time."""
    watchdog, now = Watchdog(time.monotonic), time.monotonic()
    done, marker = Due(now + 0.01, finished=True), Due(now + 0.02)
    watchdog.watch(done)
    watchdog.watch(marker)
    assert marker.expired.wait(5)
    assert not done.expired.is_set()
    watchdog.close()


def test_closing_ends_the_thread_at_once_and_it_can_begin_again() -> None:
    """A closed watchdog holds no thread, and watches anew when it is asked to."""
    watchdog, before = Watchdog(time.monotonic), threading.active_count()
    watchdog.close()
    watchdog.watch(Due(time.monotonic() + 60.0))
    assert threading.active_count() == before + 1
    watchdog.close()
    assert threading.active_count() == before
    again = Due(time.monotonic())
    watchdog.watch(again)
    assert again.expired.wait(5)
    watchdog.close()
