"""When the next request may go."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets `per_s` requests a second through, evenly, whoever asks."""

    def __init__(
        self,
        per_s: float,
        stopped: threading.Event,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._each_s = 1 / per_s
        self._stopped, self._now_s = stopped, now_s
        self._next_s = 0.0
        self._lock = threading.Lock()

    def wait(self) -> bool:
        """Wait for one's turn; False when there will be none any more."""
        with self._lock:
            now_s = self._now_s()
            turn_s = max(now_s, self._next_s)
            self._next_s = turn_s + self._each_s
        return not self._stopped.wait(turn_s - now_s)
