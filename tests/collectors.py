"""Collectors that misbehave, each in its own way."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ANSWERS = {
    "503 for two hours": b"HTTP/1.1 503 Busy\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n",
    "400": b"HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nno!",
    "garbage": b"\x00\xff not HTTP \x1b[31m\r\n\r\n",
    "reset": b"",
}
SILENT = ("black hole", "slow drip")
MODES = ("refused", *SILENT, *ANSWERS)


class Collector:
    """A listener whose `mode` says how it treats exports; "refused" closes the door."""

    def __init__(self) -> None:
        self.mode = "black hole"
        self.exports = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._kept: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self) -> str:
        """Where exports are sent."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Refuse connections from now on."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for kept in self._kept:
            kept.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._treat(self._listener.accept()[0])

    def _treat(self, connection: socket.socket) -> None:
        self.exports += 1
        if self.mode in SILENT:
            self._kept.append(connection)
            if self.mode == "slow drip":
                threading.Thread(target=self._drip, args=(connection,), daemon=True).start()
            return
        with suppress(OSError), connection:
            connection.recv(65_536)
            connection.sendall(ANSWERS[self.mode])

    def _drip(self, connection: socket.socket) -> None:
        """Begin an answer that does not end as long as the mode holds."""
        with suppress(OSError), connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while self.mode == "slow drip":
                connection.sendall(b"x")
                threading.Event().wait(0.1)


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector for the length of a block."""
    running = Collector()
    try:
        yield running
    finally:
        running.close()
