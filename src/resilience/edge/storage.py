"""The memory that moving windows are counted in, bounded and without a thread of its own."""

from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from limits.storage import MovingWindowSupport, Storage

MAX_KEYS = 100_000
"""Counters that are kept; the one that was unused the longest makes room for a new one."""


class WindowMemory(Storage, MovingWindowSupport):
    """The moving windows of `limits.storage.MemoryStorage`, for one process.

    Without that class's timer thread, which every 10 ms looks at each key. A window forgets as it
    is used, and the oldest keys leave when `max_keys` is reached. Not thread-safe by itself:
    `Limits` holds a lock round each decision.
    """

    STORAGE_SCHEME = ["window-memory"]

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,
        *,
        now: Callable[[], float],
        max_keys: int = MAX_KEYS,
        **options: Any,
    ) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._now = now
        self._max_keys = max_keys
        self._windows: OrderedDict[str, deque[float]] = OrderedDict()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add `amount` entries to the window of `expiry` seconds unless it would exceed `limit`."""
        now = self._now()
        window = self._current(key, now - expiry)
        if window is None:
            window = self._add(key)
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

    def _current(self, key: str, start: float) -> deque[float] | None:
        """The window of a key, without what was added before `start`."""
        window = self._windows.get(key)
        if window is None:
            return None
        self._windows.move_to_end(key)
        if window and window[0] < start:
            for _ in range(bisect_left(window, start)):
                window.popleft()
        return window

    def _add(self, key: str) -> deque[float]:
        if len(self._windows) >= self._max_keys:
            self._windows.popitem(last=False)
        window = self._windows[key] = deque()
        return window

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
