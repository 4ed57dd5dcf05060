"""A server of raw sockets: each connection is handed to a function of the test."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class RawServer:
    """Listens on 127.0.0.1; `requests` are the heads that came."""

    def __init__(self, play: "Play") -> None:
        self._play = play
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.connections = 0
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()

    def read(self, sock: socket.socket) -> bytes:
        """The head of the next request and its body; b"" when the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = sock.recv(65536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = [
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        ]
        left = int(length[0].split(b":")[1]) - len(body) if length else 0
        while left > 0:
            left -= len(sock.recv(65536))
        self.requests.append(head)
        return head

    def close(self) -> None:
        """End every connection and thread."""
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock, self.connections))
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        with sock, suppress(OSError):
            self._play(self, sock, number)


Play = Callable[[RawServer, socket.socket, int], None]
"""What to do on the n-th connection, from 1; its socket is closed afterwards."""


@contextmanager
def running(play: Play) -> Iterator[RawServer]:
    """A server for the length of a `with`, whose connections `play` serves."""
    server = RawServer(play)
    try:
        yield server
    finally:
        server.close()


def answer_all(server: RawServer, sock: socket.socket, number: int) -> None:
    """Serve every request of a kept-alive connection."""
    while server.read(sock):
        sock.sendall(OK)
