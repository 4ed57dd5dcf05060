"""The proxy: accepts clients, and starts, counts and ends their connections."""

import asyncio
from contextlib import suppress

from wire.connection import Connection
from wire.draft import Draft
from wire.faults import Refuse
from wire.ledger import Ledger
from wire.link import Link
from wire.listening import listen
from wire.options import ProxyOptions, format_address, parse_address
from wire.plan import Plan
from wire.script import Script


class Proxy:
    """A fault-injecting HTTP/1.1 proxy in front of one upstream.

    Each client connection has one upstream connection of its own, which ends with it.
    All methods belong to the thread of the event loop in which `start` ran.
    """

    def __init__(
        self, options: ProxyOptions, *, plan: Plan | None = None, ledger: Ledger | None = None
    ) -> None:
        self.options = options
        self.ledger = ledger if ledger is not None else Ledger()
        self._script = Script(plan if plan is not None else Plan())
        self._host, self._port = parse_address(options.listen)
        self._server: asyncio.Server | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._accepted = 0

    @property
    def port(self) -> int:
        """The port, once started."""
        return self._port

    @property
    def address(self) -> str:
        """host:port, once started."""
        return format_address(self._host, self._port)

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self._script.plan

    def set_plan(self, plan: Plan) -> None:
        """Put `plan` in force for requests from now on; its rules count from the beginning."""
        self._script.replace(plan)

    @property
    def listening(self) -> bool:
        """Whether connections are accepted."""
        return self._server is not None

    @property
    def in_progress(self) -> int:
        """How many requests are under way."""
        return sum(connection.in_progress for connection in self._connections)

    async def start(self) -> None:
        """Listen; raises OSError that says which address is in use and what to do."""
        self._server = await listen(lambda: Link(self._accept), self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def listen_again(self) -> None:
        """Accept connections again, on the same port; nothing happens while listening."""
        if not self.listening:
            await self.start()

    def stop_listening(self) -> None:
        """Refuse connections, close idle ones, and the others after their present answer."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._connections:
            connection.leave()

    async def stop(self) -> None:
        """Stop listening, let exchanges end for `drain_s` seconds, cut the rest off."""
        self.stop_listening()
        tasks = set(self._connections.values())
        for connection, task in self._connections.items():
            if connection.waiting_for_nothing:
                task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self.options.drain_s)
            for task in late:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*late, return_exceptions=True)

    def _accept(self, link: Link) -> None:
        self._accepted += 1
        if self._script.next(None) is not None:
            self._refuse(link)
            return
        connection = Connection(self._accepted, link, self._script, self.ledger, self.options)
        task = asyncio.get_running_loop().create_task(connection.serve())
        self._connections[connection] = task
        task.add_done_callback(lambda _: self._connections.pop(connection))

    def _refuse(self, link: Link) -> None:
        draft = Draft.begin(self.ledger, self._accepted, link.peer)
        draft.fault = Refuse.name
        link.reset()
        draft.finish(self.ledger)
