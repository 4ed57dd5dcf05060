"""The memory that moving windows are counted in, bounded and without a thread of its own."""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable

from limits.storage import MovingWindowSupport, Storage

MAX_KEYS = 100_000
"""Counters that are kept; the one that was unused the longest makes room for a new one."""

FORGOTTEN_AT_ONCE = 4
"""Keys that may leave for each one that comes: more than one, so that they grow fewer."""


class WindowMemory(Storage, MovingWindowSupport):
    """The moving windows of `limits.storage.MemoryStorage`, for one process.

    Without that class's timer thread, which every 10 ms looks at each key. A window forgets as it
    is used; with each new key, a few leave whose windows have run out, and the one unused the
    longest when `max_keys` is reached. Not thread-safe by itself: `Limits` holds a lock round each
    decision.
    """

    STORAGE_SCHEME = ["window-memory"]

    def __init__(
        self,
        uri: str | None = None,
        *,
        now: Callable[[], float],
        max_keys: int = MAX_KEYS,
    ) -> None:
        del uri  # by its scheme, `limits` has found this class
        super().__init__()
        self._now = now
        self._max_keys = max_keys
        self._longest_s = 0.0
        # Arrays, since an empty deque alone takes 600 bytes and most clients come once.
        self._windows: OrderedDict[str, array[float]] = OrderedDict()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add `amount` entries to the window of `expiry` seconds unless it would exceed `limit`."""
        now = self._now()
        window = self._current(key, now - expiry)
        if window is None:
            self._longest_s = max(self._longest_s, expiry)
            window = self._add(key, now)
        if len(window) + amount > limit:
            return False
        window.extend([now] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest entry of the window was added, and how many there are."""
        del limit  # an entry beyond it was never added
        now = self._now()
        window = self._current(key, now - expiry)
        return (window[0], len(window)) if window else (now, 0)

    def _current(self, key: str, start: float) -> "array[float] | None":
        """The window of a key, without what was added before `start`."""
        window = self._windows.get(key)
        if window is None:
            return None
        self._windows.move_to_end(key)
        if window and window[0] < start:
            del window[: bisect_left(window, start)]
        return window

    def _add(self, key: str, now: float) -> "array[float]":
        self._forget_some(now)
        if len(self._windows) >= self._max_keys:
            self._windows.popitem(last=False)
        window = self._windows[key] = array("d")
        return window

    def _forget_some(self, now: float) -> None:
        """Let go of the keys unused the longest while nothing in their windows counts any more."""
        for _ in range(FORGOTTEN_AT_ONCE):
            key, window = next(iter(self._windows.items()), ("", None))
            if window is None or (window and window[-1] >= now - self._longest_s):
                return
            del self._windows[key]

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a failure of the storage raises."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Refused: only moving windows are kept here."""
        raise NotImplementedError("window-memory keeps moving windows only")

    def get(self, key: str) -> int:
        """Entries in the window of a key, as far as it was last looked at."""
        return len(self._windows.get(key, ()))

    def get_expiry(self, key: str) -> float:
        """When the oldest entry was added; the key itself does not know for how long."""
        window = self._windows.get(key)
        return window[0] if window else self._now()

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Forget every window; how many there were."""
        count = len(self._windows)
        self._windows.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget one window."""
        self._windows.pop(key, None)
