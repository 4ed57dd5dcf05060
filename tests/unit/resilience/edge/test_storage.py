"""Our window memory against the stock one."""

import random
from types import SimpleNamespace

import pytest
from limits import parse
from limits.storage import MemoryStorage, memory
from limits.strategies import MovingWindowRateLimiter

from resilience.edge.storage import WindowMemory
from resilience.testing.clock import FakeClock


def test_it_decides_as_the_stock_memory_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a thousand requests of three clients at random times, every answer is the same."""
    clock, choice = FakeClock(), random.Random(11)
    monkeypatch.setattr(memory, "time", SimpleNamespace(time=clock.monotonic))
    stock, item = MemoryStorage(), parse("5/minute")
    stock.timer.cancel()
    monkeypatch.setattr(stock, "_MemoryStorage__schedule_expiry", lambda: None)
    theirs = MovingWindowRateLimiter(stock)
    ours = MovingWindowRateLimiter(WindowMemory(now=clock.monotonic))

    for _ in range(1000):
        clock.advance(choice.uniform(0, 20))
        client = choice.choice("abc")
        assert ours.hit(item, client) == theirs.hit(item, client)
        assert ours.test(item, client) == theirs.test(item, client)
        assert ours.get_window_stats(item, client) == theirs.get_window_stats(item, client)


def test_the_key_that_was_unused_the_longest_makes_room() -> None:
    """The number of windows is bounded, and one in use is not the one to go."""
    storage = WindowMemory(now=FakeClock().monotonic, max_keys=2)
    for key in ("old", "used", "old", "new"):
        storage.acquire_entry(key, 5, 60)

    assert [storage.get(key) for key in ("old", "used", "new")] == [2, 0, 1]


def test_keys_whose_windows_have_run_out_leave_when_others_come() -> None:
    """Four at once, so that a crowd that has gone takes no memory for ever."""
    clock = FakeClock()
    storage = WindowMemory(now=clock.monotonic)
    for number in range(10):
        storage.acquire_entry(f"old-{number}", 5, 60)
    clock.advance(61)
    storage.acquire_entry("new-1", 5, 60)
    storage.acquire_entry("new-2", 5, 60)

    assert storage.reset() == 4


def test_a_key_whose_window_still_counts_stays() -> None:
    """Also when a shorter window of the same client has run out."""
    clock = FakeClock()
    storage = WindowMemory(now=clock.monotonic)
    storage.acquire_entry("hour", 5, 3600)
    clock.advance(61)
    storage.acquire_entry("new", 5, 60)

    assert storage.get("hour") == 1


def test_more_than_the_limit_is_never_acquired() -> None:
    """An amount that cannot fit leaves the window as it was."""
    storage = WindowMemory(now=FakeClock().monotonic)

    assert [storage.acquire_entry("k", 3, 60, amount) for amount in (4, 2, 2, 1)] == [
        False,
        True,
        False,
        True,
    ]


def test_it_can_be_emptied() -> None:
    """A window, or all of them, can be forgotten."""
    storage = WindowMemory(now=FakeClock().monotonic)
    for key in "ab":
        storage.acquire_entry(key, 5, 60)
    storage.clear("a")

    assert (storage.get("a"), storage.get("b"), storage.reset(), storage.get("b")) == (0, 1, 1, 0)


def test_only_moving_windows_are_kept() -> None:
    """A strategy that counts otherwise is refused, not miscounted."""
    with pytest.raises(NotImplementedError) as raised:
        WindowMemory(now=FakeClock().monotonic).incr("k", 60)
    assert str(raised.value) == "window-memory keeps moving windows only"


def test_an_entry_counts_to_the_end_of_its_window() -> None:
    """Its key does not leave in that moment, but in the next."""
    kept = []
    for after_s in (60.0, 60.1):
        clock = FakeClock()
        storage = WindowMemory(now=clock.monotonic)
        storage.acquire_entry("k", 5, 60)
        clock.advance(after_s)
        storage.acquire_entry("new", 5, 60)
        kept.append(storage.get("k"))

    assert kept == [1, 0]


def test_a_key_without_entries_is_the_first_to_leave() -> None:
    """An amount that never fitted left nothing that counts."""
    storage = WindowMemory(now=FakeClock().monotonic)
    storage.acquire_entry("greedy", 1, 60, 2)
    storage.acquire_entry("new", 1, 60)

    assert storage.reset() == 1


def test_the_oldest_entry_of_a_key() -> None:
    """It is what `limits` asks the expiry of a key for; a key without entries says now."""
    clock = FakeClock()
    storage = WindowMemory(now=clock.monotonic)
    storage.acquire_entry("k", 5, 60)
    clock.advance(7.0)
    storage.acquire_entry("k", 5, 60)

    assert [storage.get_expiry(key) for key in ("k", "stranger")] == [1000.0, 1007.0]


def test_a_memory_is_always_there() -> None:
    """Nothing needs to be reached, and what is not known can be forgotten, too."""
    storage = WindowMemory(now=FakeClock().monotonic)
    storage.clear("stranger")

    assert (storage.check(), storage.reset(), storage.base_exceptions) == (True, 0, ValueError)


def test_a_window_without_entries_begins_now() -> None:
    """Whether its key was never seen, or all that was in it has run out."""
    clock = FakeClock()
    storage = WindowMemory(now=clock.monotonic)
    storage.acquire_entry("k", 5, 60)
    clock.advance(61.0)

    assert [storage.get_moving_window(key, 5, 60) for key in ("k", "stranger")] == [(1061.0, 0)] * 2
