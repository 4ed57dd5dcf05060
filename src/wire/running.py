"""A proxy in a background thread, for tests and small programs."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from wire.control import Control
from wire.ledger import Ledger
from wire.options import ProxyOptions
from wire.plan import Plan
from wire.proxy import Proxy

T = TypeVar("T")
WAIT_S = 15.0


class RunningProxy:
    """A proxy that runs in another thread; every method may be called from any thread."""

    def __init__(self, proxy: Proxy, control: Control, loop: asyncio.AbstractEventLoop) -> None:
        self._proxy, self._control, self._loop = proxy, control, loop

    @property
    def port(self) -> int:
        """The proxy's port."""
        return self._proxy.port

    @property
    def control_port(self) -> int:
        """The control server's port."""
        return self._control.port

    @property
    def address(self) -> str:
        """The proxy's host:port."""
        return self._proxy.address

    @property
    def url(self) -> str:
        """The proxy's base URL."""
        return f"http://{self.address}"

    @property
    def ledger(self) -> Ledger:
        """The ledger; wait with `ledger.wait_for(count)` for entries of ended exchanges."""
        return self._proxy.ledger

    @property
    def in_progress(self) -> int:
        """How many requests are under way."""
        return self._do(lambda: self._proxy.in_progress)

    def set_plan(self, plan: Plan) -> None:
        """Put `plan` in force for requests from now on; its rules count from the beginning."""
        self._do(lambda: self._proxy.set_plan(plan))

    def stop_listening(self) -> None:
        """Have connections refused truly; idle ones are closed."""
        self._do(self._proxy.stop_listening)

    def listen_again(self) -> None:
        """Accept connections again, on the same port."""
        self._run(self._proxy.listen_again())

    def stop(self) -> None:
        """Stop the proxy; requests under way have `drain_s` seconds left."""
        self._run(self._proxy.stop())

    def _do(self, action: Callable[[], T]) -> T:
        async def act() -> T:
            return action()

        return self._run(act())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)


@contextmanager
def running_proxy(
    upstream: str | ProxyOptions,
    plan: Plan | None = None,
    *,
    ledger: Ledger | None = None,
    control: str = "127.0.0.1:0",
) -> Iterator[RunningProxy]:
    """Run a proxy in front of `upstream` for the length of a with block.

    upstream: "host:port" (requests under way are cut off at the end), or all the options.
    Raises OSError when an address is in use, ValueError when one is malformed.
    """
    options = ProxyOptions(upstream=upstream, drain_s=0) if isinstance(upstream, str) else upstream
    proxy = Proxy(options, plan=plan, ledger=ledger)
    server = Control(proxy, control)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="wire", daemon=True)
    thread.start()
    running = RunningProxy(proxy, server, loop)
    try:
        running._run(proxy.start())
        running._run(server.start())
        yield running
    finally:
        running._run(_stop(proxy, server))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WAIT_S)
        loop.close()


async def _stop(proxy: Proxy, control: Control) -> None:
    await proxy.stop()
    await control.stop()
    await asyncio.sleep(0)  # closed transports leave the loop in its next turn
