"""Many connections, refusing them, and stopping."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.wire.conftest import Connect, Server, WaitUntil

from wire import Delay, Hang, Ledger, Plan, Proxy, ProxyOptions, Rule, read_ledger, running_proxy

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request with "ok"."""
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(HELLO)
    except asyncio.IncompleteReadError:
        writer.close()


async def ask(port: int, start: asyncio.Barrier, requests: int) -> int:
    """Connect, wait for all others, and send requests; returns how many were answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await start.wait()
    for _ in range(requests):
        writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.readexactly(len(HELLO)) == HELLO
    writer.close()
    return requests


def test_five_hundred_connections_at_once() -> None:
    """All are open together, each gets its answers, and each request has one entry."""

    async def run() -> tuple[int, Ledger]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        proxy = Proxy(ProxyOptions(upstream=f"127.0.0.1:{port}"))
        await proxy.start()
        start = asyncio.Barrier(500)
        answered = await asyncio.gather(*(ask(proxy.port, start, 2) for _ in range(500)))
        await proxy.stop()
        server.close()
        return sum(answered), proxy.ledger

    answered, ledger = asyncio.run(run())
    entries = ledger.entries()
    assert answered == len(entries) == 1000
    assert {(e.status, e.error, e.client_closed_early) for e in entries} == {(200, "", False)}
    assert {e.connection for e in entries} == set(range(1, 501))


def test_stop_listening_refuses_truly_and_listen_again_serves(
    server: Server, connect: Connect
) -> None:
    """Connections are refused by the kernel, idle ones closed, and the port stays the same."""
    with running_proxy(server.address) as proxy:
        idle = connect(proxy.port)
        assert idle.get("/hello")[0] == 200
        proxy.stop_listening()
        assert idle.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            connect(proxy.port)
        proxy.listen_again()
        proxy.listen_again()
        assert connect(proxy.port).get("/hello")[0] == 200
        assert len(proxy.ledger.wait_for(2)) == 2


def test_stop_listening_lets_the_present_answer_out(
    server: Server, connect: Connect, wait_until: WaitUntil
) -> None:
    """A request under way is answered, and its connection closed after it."""
    plan = Plan(rules=(Rule(fault=Delay(delay_s=0.1), every=True),))
    with running_proxy(server.address, plan) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/hello")
        wait_until(lambda: proxy.in_progress == 1)
        proxy.stop_listening()
        assert client.response()[0] == 200
        assert client.rest() == b""


def test_a_server_that_leaves_an_idle_connection_closes_the_clients(
    server: Server, connect: Connect
) -> None:
    """What is paired ends together, so that the client sees the server's time limits."""

    async def close_after_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HELLO)
        await asyncio.sleep(0.02)
        writer.close()

    async def run() -> bytes:
        upstream = await asyncio.start_server(close_after_one, "127.0.0.1", 0)
        port = upstream.sockets[0].getsockname()[1]
        proxy = Proxy(ProxyOptions(upstream=f"127.0.0.1:{port}"))
        await proxy.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        received = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await proxy.stop()
        upstream.close()
        return received

    assert asyncio.run(run()) == HELLO


def test_stopping_enters_what_is_under_way(
    server: Server, connect: Connect, wait_until: WaitUntil, tmp_path: Path
) -> None:
    """A request that the stop cuts off has its one entry, in memory and in the file."""
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    plan = Plan(rules=(Rule(fault=Hang(), path="/hang", every=True),))
    with running_proxy(server.address, plan, ledger=ledger) as proxy:
        held, waiting = connect(proxy.port), connect(proxy.port)
        held.request("GET", "/hang")
        waiting.request("GET", "/never")
        wait_until(lambda: server.seen and proxy.in_progress == 2)
    ledger.close()
    outcomes = {(e.path, e.fault, e.status, e.error) for e in read_ledger(path)}
    assert outcomes == {
        ("/hang", "hang", None, "proxy_stopped"),
        ("/never", "", None, "proxy_stopped"),
    }
    assert read_ledger(path) == ledger.entries()
    assert (held.rest(), waiting.rest()) == (b"", b"")


def test_stopping_lets_requests_end(
    server: Server, connect: Connect, wait_until: WaitUntil
) -> None:
    """Within drain_s a request under way is answered as ever."""
    plan = Plan(rules=(Rule(fault=Delay(delay_s=0.1), every=True),))
    options = ProxyOptions(upstream=server.address, drain_s=5)
    with running_proxy(options, plan) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/hello")
        wait_until(lambda: proxy.in_progress == 1)
        proxy.stop()
        assert client.response()[0] == 200
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.status, entry.error) == (200, "")


def test_the_order_of_requests_and_the_seed_decide_alone(server: Server, connect: Connect) -> None:
    """Two runs of one plan over one sequence of requests give the same ledger."""

    def run() -> list[tuple[str, int | None]]:
        plan = Plan(rules=(Rule(fault=Delay(delay_s=0), probability=0.5),), seed=11)
        with running_proxy(server.address, plan) as proxy:
            client = connect(proxy.port)
            for _ in range(12):
                client.get("/hello")
            return [(entry.fault, entry.status) for entry in proxy.ledger.wait_for(12)]

    first = run()
    assert first == run()
    assert {fault for fault, _ in first} == {"", "delay"}
