"""The one upstream connection that belongs to a client's connection."""

import asyncio

import h11

from wire.delivery import Ended
from wire.link import Link
from wire.options import ProxyOptions, parse_address
from wire.peer import Peer


class Upstream:
    """Opens the connection when it is first needed, and keeps it as long as both sides do."""

    def __init__(self, client_address: str, options: ProxyOptions) -> None:
        self._options = options
        self._client_address = client_address
        self._peer: Peer | None = None

    async def ready(self) -> Peer:
        """Return a connection on which a request may be sent; raises Ended."""
        if self._peer is None or not self._reusable(self._peer):
            self.close()
            self._peer = Peer(await self._connect(), h11.CLIENT)
        return self._peer

    @staticmethod
    def _reusable(peer: Peer) -> bool:
        return not peer.link.gone and (peer.http.our_state is h11.IDLE or peer.next_cycle())

    async def _connect(self) -> Link:
        host, port = parse_address(self._options.upstream)
        source = (self._client_address, 0) if self._options.bind_client_address else None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._options.connect_s):
                _, link = await loop.create_connection(Link, host, port, local_addr=source)
        except ConnectionRefusedError:
            raise Ended("upstream_refused", status=502) from None
        except OSError:
            raise Ended("upstream_unreachable", status=502) from None
        return link

    @property
    def link(self) -> Link | None:
        """The link of the present connection, if there is one."""
        return self._peer.link if self._peer is not None else None

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._peer is not None:
            self._peer.link.close()
