"""The system's randomness, fetched for many at a time."""

import secrets
import threading

_AT_ONCE = 4096


class RandomBytes:
    """Bytes as `secrets.token_bytes` gives them, from a buffer of 4 KiB; for all threads.

    Each fetch is a system call that gives up the interpreter, which a busy writer feels.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unused = b""

    def __call__(self, count: int) -> bytes:
        """`count` bytes, each given out once; at most 4096."""
        with self._lock:
            if len(self._unused) < count:
                self._unused = secrets.token_bytes(_AT_ONCE)
            taken, self._unused = self._unused[:count], self._unused[count:]
        return taken
