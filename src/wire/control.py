"""The control server: plan, ledger, listening and metrics over HTTP while the proxy runs."""

import asyncio
import ipaddress
from contextlib import suppress

import h11

from wire.checks import require
from wire.link import Link
from wire.listening import listen
from wire.options import format_address, parse_address
from wire.peer import Event, Gone, Peer
from wire.proxy import Proxy
from wire.routes import Answer, error, respond

BODY_BYTES = 1024 * 1024
LIMIT_S = 30.0


class TooLarge(Exception):
    """The body of a request is larger than the control server takes."""


class Control:
    """Serves the control interface of `proxy` on a loopback address, or on any if `exposed`.

    GET, PUT, DELETE /plan · GET /ledger?since=SEQ · GET /ledger/summary ·
    POST /listening {"accept": bool} · GET /metrics · GET /livez.
    Raises ValueError when `address` is not loopback and not meant to be `exposed`.
    """

    def __init__(
        self, proxy: Proxy, address: str = "127.0.0.1:0", *, exposed: bool = False
    ) -> None:
        self._proxy = proxy
        self._host, self._port = parse_address(address)
        wrong, remedy = f"the control address is {address}", "use 127.0.0.1, or --expose-control"
        require(exposed or _is_loopback(self._host), wrong, "a loopback address", remedy)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port, once started."""
        return self._port

    @property
    def address(self) -> str:
        """host:port, once started."""
        return format_address(self._host, self._port)

    async def start(self) -> None:
        """Listen; raises OSError that says which address is in use and what to do."""
        self._server = await listen(lambda: Link(self._accept), self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close all connections."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, link: Link) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(Peer(link, h11.SERVER)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, peer: Peer) -> None:
        try:
            with suppress(Gone, TimeoutError):
                while await self._serve_one(peer):
                    pass
                await peer.link.close_gently(1.0)
        finally:
            peer.link.close()

    async def _serve_one(self, peer: Peer) -> bool:
        try:
            method, target, body = await _read_request(peer)
            answer = await respond(self._proxy, method, target, body)
        except TooLarge:
            answer = error(413, f"The body is larger than {BODY_BYTES} bytes; send less.")
        except h11.RemoteProtocolError:
            answer = error(400, "This is not a request that HTTP/1.1 allows; correct it.")
        if peer.unanswered:
            await _send(peer, answer)
        return peer.next_cycle()


async def _read_request(peer: Peer) -> tuple[str, str, bytes]:
    request = await peer.next_event(LIMIT_S)
    assert isinstance(request, h11.Request)
    if peer.http.they_are_waiting_for_100_continue:
        await peer.send(h11.InformationalResponse(status_code=100, headers=[]), LIMIT_S)
    body = bytearray()
    event: Event = request
    while not isinstance(event, h11.EndOfMessage):
        event = await peer.next_event(LIMIT_S)
        body += event.data if isinstance(event, h11.Data) else b""
        if len(body) > BODY_BYTES:
            raise TooLarge
    return request.method.decode("ascii"), request.target.decode("latin-1"), bytes(body)


async def _send(peer: Peer, answer: Answer) -> None:
    headers = [("Content-Type", answer.content_type), ("Cache-Control", "no-store")]
    headers += [("Allow", answer.allow)] if answer.allow else []
    await peer.send(h11.Response(status_code=answer.status, headers=headers), LIMIT_S)
    for piece in answer.body:
        await peer.send(h11.Data(data=piece), LIMIT_S)
    await peer.send(h11.EndOfMessage(), LIMIT_S)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
