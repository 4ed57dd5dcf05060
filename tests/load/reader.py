"""Whoever reads the log lines of a process through a pipe, and may stop reading."""

import fcntl
import os
import struct
import termios
import threading
import time
from pathlib import Path

_MOST_BYTES = 65_536


class Reader:
    """Copies what comes through the pipe `into` a file, except while it is `stopped`."""

    def __init__(self) -> None:
        self._from, self.into = os.pipe()
        self._going_on = threading.Event()
        self._going_on.set()

    def start(self, path: Path) -> None:
        """Begin to read; the process that was given `into` holds its own copy of it."""
        os.close(self.into)
        threading.Thread(target=self._copy, args=(path,), name="reader", daemon=True).start()

    def stop(self) -> None:
        """Read no more; the pipe fills up and blocks whoever writes to it."""
        self._going_on.clear()

    def go_on(self) -> None:
        """Read again."""
        self._going_on.set()

    def drain(self) -> None:
        """Wait until everything that was written has been copied."""
        while self._waiting():
            time.sleep(0.01)
        time.sleep(0.1)  # the last piece is on its way from the pipe to the file

    def _waiting(self) -> int:
        room = fcntl.ioctl(self._from, termios.FIONREAD, b"\0" * 4)
        return int(struct.unpack("i", room)[0])

    def _copy(self, path: Path) -> None:
        with path.open("ab", buffering=0) as out:
            while data := self._next():
                out.write(data)
        os.close(self._from)

    def _next(self) -> bytes:
        self._going_on.wait()
        return os.read(self._from, _MOST_BYTES)
