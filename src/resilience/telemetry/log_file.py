"""Log lines in a file of bounded size."""

import os
from pathlib import Path

from resilience.telemetry.logs import lines_to

LIMIT_BYTES = 16 * 1024 * 1024


class LogFile:
    """A delivery of lines to `path`, and of what was there before to `path` with `.1` behind it.

    The file moves aside before it would grow over `limit_bytes` (16 MiB), so that both together
    hold twice as much at most. Raises OSError when the file cannot be opened or written.
    """

    def __init__(self, path: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._path, self._limit_bytes = path, limit_bytes
        self._open()

    def __call__(self, lines: list[bytes]) -> bool:
        """Append a batch of lines."""
        more = sum(map(len, lines))
        if self._size_bytes and self._size_bytes + more > self._limit_bytes:
            self.close()
            self._path.replace(f"{self._path}.1")
            self._open()
        self._size_bytes += more
        return self._deliver(lines)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._descriptor = os.open(self._path, flags, mode=0o640)
        self._size_bytes = os.fstat(self._descriptor).st_size
        self._deliver = lines_to(self._descriptor)
