"""One attempt on the wire: how far it got, and the means to cut it off."""

import contextlib
import socket
import threading
from collections.abc import Callable
from contextvars import ContextVar

from resilience.errors import AttemptTimedOut
from resilience.http_client.watchdog import Watchdog
from resilience.vocabulary import Phase


class Exchange:
    """What is known of an attempt; times are on the monotonic clock.

    `sent` is None where the transport does not tell. `begun`: the answer had begun.
    """

    def __init__(
        self,
        *,
        limit_s: float,
        connect_s: float,
        idle_s: float,
        cut_by_deadline: bool,
        monotonic: Callable[[], float],
        watchdog: Watchdog,
    ) -> None:
        self.limit_s = limit_s
        self.connect_s = min(connect_s, limit_s)
        self.idle_s = idle_s
        self.started_s = monotonic()
        self.due_s = self.started_s + limit_s
        self.sent: bool | None = None
        self.reused = self.connected = self.begun = False
        self.finished = self.expired = False
        self._cut_by_deadline = cut_by_deadline
        self._monotonic = monotonic
        self._watchdog = watchdog
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._hold: socket.SocketIO | None = None

    def elapsed_s(self) -> float:
        """Seconds since the attempt began."""
        return self._monotonic() - self.started_s

    def remaining_s(self) -> float:
        """Seconds left to it, never negative."""
        return max(0.0, self.due_s - self._monotonic())

    def attach(self, sock: socket.socket, *, reused: bool) -> None:
        """Begin to watch the connection on which the attempt is made."""
        self.connected, self.reused = True, reused
        with self._lock:
            self._socket = sock
            # A file keeps the descriptor from being closed, and its number from being given to
            # another connection, as long as `expire` may shut it down.
            self._hold = sock.makefile("rb", buffering=0)
        self._watchdog.watch(self)

    def expire(self) -> None:
        """The time is up: shut the connection down, which ends every read and write on it."""
        with self._lock:
            if self.finished:
                return
            self.expired = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    # The plain method: that of TLS sockets also drops the state of a reader.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def finish(self) -> None:
        """The attempt is over, or its connection is going back: cut nothing off any more."""
        with self._lock:
            self.finished = True
            self._socket, hold, self._hold = None, self._hold, None
            if hold is not None:
                hold.close()

    def timed_out(self, phase: Phase | None = None) -> AttemptTimedOut:
        """The error for an attempt whose time ran out, by how far it had got."""
        phase = phase or (Phase.READ if self.connected else Phase.CONNECT)
        if phase is Phase.READ and self.begun:
            phase = Phase.TOTAL
        limit_s = self.connect_s if phase is Phase.CONNECT else self.limit_s
        sent = phase is not Phase.CONNECT if self.sent is None else self.sent
        if self._cut_by_deadline and limit_s >= self.limit_s:
            phase = Phase.DEADLINE
        return AttemptTimedOut(phase, limit_s, sent=sent)


current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
"""The attempt that this thread is making, for the connection that it is made on."""
