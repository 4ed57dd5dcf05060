"""The sockets: connections that tell their exchange how far it got, and are never idle too long."""

import http.client
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.wait import wait_for_read

from resilience.http_client.exchange import Exchange, current


class _HeaderLines:
    """Reads lines, and remembers whether the last one was the empty one that ends headers."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.ended = False

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        self.ended = line in (b"\r\n", b"\n")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class WholeHeaders(http.client.HTTPResponse):
    """An answer whose headers must be complete: http.client takes the end of the stream for it."""

    def begin(self) -> None:
        """Read the status and the headers."""
        file: Any = self.fp
        lines: Any = _HeaderLines(file)
        self.fp = lines
        super().begin()
        self.fp = file
        if not lines.ended:
            raise http.client.RemoteDisconnected("the answer ended within its headers")


class _Watched(HTTPConnection):
    """A connection that reports to the exchange of the thread that uses it."""

    response_class = WholeHeaders
    _exchange: Exchange | None = None
    _idle_since_s: float | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the connection is still good for an attempt; too long an idle one is not."""
        exchange = current.get()
        if exchange is None or self._idle_since_s is None:
            return super().is_connected
        idle_s = exchange.started_s - self._idle_since_s
        return idle_s <= exchange.idle_s and super().is_connected

    def connect(self) -> None:
        """Connect, and let the watch begin."""
        super().connect()
        self._attach(reused=False)

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request, on the connection that is there or on a new one."""
        if self.sock is not None and self._exchange is None:
            self._attach(reused=True)
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        """Send bytes: from now on the server may have seen something of the request."""
        if self.sock is None:
            self.connect()
        if self._exchange is not None:
            self._exchange.sent = True
        super().send(data)

    def getresponse(self) -> Any:
        """Wait for the first byte of the answer, note it, and read up to the body."""
        exchange = self._exchange
        if exchange is not None:
            if not wait_for_read(self.sock, timeout=exchange.remaining_s()):
                raise TimeoutError("no answer yet")
            exchange.begun = not exchange.expired
        return super().getresponse()

    def come_to_rest(self) -> None:
        """The exchange is over and the connection goes back to its pool."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.finish()
            self._idle_since_s = exchange.started_s + exchange.elapsed_s()
            if exchange.expired:
                self.close()

    def _attach(self, *, reused: bool) -> None:
        self._exchange = current.get()
        if self._exchange is not None:
            self._exchange.sent = False
            self._exchange.attach(self.sock, reused=reused)


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.come_to_rest()
        super()._put_conn(conn)


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.come_to_rest()
        super()._put_conn(conn)


class SocketTransport(HTTPAdapter):
    """The adapter that really sends: once for each request, on watched connections."""

    def __init__(self, pool_size: int = 64) -> None:
        super().__init__(pool_connections=8, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools, whose connections are watched."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
