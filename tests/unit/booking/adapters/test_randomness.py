"""Tests of `booking.adapters.randomness`."""

import threading

from booking.adapters.randomness import RandomBytes


def test_bytes_have_the_length_that_was_asked_for() -> None:
    """Also across the end of the buffer."""
    random = RandomBytes()
    assert [len(random(n)) for n in (10, 4000, 90, 10, 4096, 0)] == [10, 4000, 90, 10, 4096, 0]


def test_no_bytes_are_given_twice() -> None:
    """Threads that ask at once get different bytes."""
    random, found = RandomBytes(), list[bytes]()
    threads = [
        threading.Thread(target=lambda: found.extend(random(10) for _ in range(2000)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == len(found) == 16_000
