"""Serves the edge with uvicorn: one process, one clear sentence when it cannot start."""

import asyncio
import errno
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

import uvicorn

from resilience.edge import Edge
from resilience.edge.lifespan import ONE_PROCESS
from resilience.protocol import limited

KEEP_ALIVE_S = 5
BACKLOG = 2048
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class CannotListen(OSError):
    """The address cannot be listened on; the message says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, which listens when it is served; `CannotListen` says why it cannot be."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind)
    except OSError as error:
        raise CannotListen(_advice(error, host, port)) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # Two sockets can be bound to a port when both may reuse it; only one can listen.
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise CannotListen(_advice(error, host, port)) from error
    return bound


def serve(
    edge: Edge,
    *,
    host: str,
    port: int,
    workers: int | None = None,
    on_started: Callable[[int], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way within `drain_s` and return.

    `on_started(port)` is called when connections are accepted. When the port cannot be listened
    on, or more than one worker process is asked for (`workers`, or WEB_CONCURRENCY as uvicorn
    reads it), SystemExit with one sentence: exit code 1, the sentence on stderr.
    """
    server = _Server(_config(edge, workers), edge)
    try:
        bound = listen(host, port)
    except CannotListen as error:
        raise SystemExit(str(error)) from None
    _calm_collector()
    with bound:
        if on_started is not None:
            server.on_started = lambda: on_started(bound.getsockname()[1])
        server.run(sockets=[bound])
    edge.close()


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server in a thread of this process, for tests."""

    host: str
    port: int
    edge: Edge

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://{self.host}:{self.port}"


@contextmanager
def running_server(edge: Edge, host: str = "127.0.0.1") -> Iterator[RunningServer]:
    """Serve on a free port while the block runs, then drain; for tests."""
    server = _Server(_config(edge, 1), edge)
    started = threading.Event()
    server.on_started = started.set
    with listen(host, 0) as bound:
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        try:
            if not started.wait(10):
                raise TimeoutError("the server did not start within 10 s")
            yield RunningServer(host, bound.getsockname()[1], edge)
        finally:
            server.stop()
            thread.join(edge.options.drain_s + 5)
            edge.close()


def _calm_collector() -> None:
    """Spare the collector what start-up made, which never goes, and let it run less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 10, 10)


class _Server(uvicorn.Server):
    """uvicorn's server, which ends with exit code 0 when it was told to stop."""

    def __init__(self, config: uvicorn.Config, edge: Edge) -> None:
        super().__init__(config)
        self._edge = edge
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()
        self.on_started: Callable[[], object] = lambda: None

    async def main_loop(self) -> None:
        """Renew the date once a second until `stop`; uvicorn would look ten times a second."""
        seconds = 0
        while not await self.on_tick(seconds * 10):
            seconds += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), 1.0)

    def stop(self) -> None:
        """End the main loop now; from any thread, or a signal handler."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.on_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Drain on the first signal; uvicorn would raise it again at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain; a second signal stops waiting for requests under way."""
        del sig, frame
        self._edge.drain()
        self.force_exit = self.should_exit
        self.stop()


def _config(edge: Edge, workers: int | None) -> uvicorn.Config:
    config = uvicorn.Config(
        edge,
        http=limited(edge),
        ws="none",
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=edge.options.drain_s,  # type: ignore[arg-type]  # passed to wait_for
        backlog=BACKLOG,
        workers=workers,
    )
    if config.workers > 1:
        raise SystemExit(ONE_PROCESS)
    return config


def _advice(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use: stop what listens there, or choose another port."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} on {host} is not permitted: choose a port above 1023."
    reason = f"Cannot listen on {host}, port {port} ({error.strerror})"
    return f"{reason}: choose an address of this machine."
