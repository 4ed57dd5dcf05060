"""Clients that leave, hurry, or send what is no request."""

import socket

import pytest
from tests.integration.wire.conftest import Connect, Server, WaitUntil

from wire import Entry, Hang, Plan, ProxyOptions, Rule, Status, running_proxy


def outcome(entry: Entry) -> tuple[object, ...]:
    """What the ledger says of a request, in short."""
    return entry.method, entry.path, entry.status, entry.error


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /hello\r\nHost: x\r\n\r\n",
        b"GET /hello HTTP/1.1\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: x\r\nA header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_a_bad_request_is_answered_400_and_entered(
    server: Server, connect: Connect, request_bytes: bytes
) -> None:
    """What cannot be parsed never reaches the server, and has one entry without a path."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.send(request_bytes)
        status, headers, _ = client.response()
        assert (status, headers["connection"], client.rest()) == (400, "close", b"")
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("", "", 400, "bad_request")
    assert server.seen == []


def test_a_head_that_is_too_large_is_answered_431(server: Server, connect: Connect) -> None:
    """Memory for heads is bounded."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 200_000)
        assert client.response()[0] == 431
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("", "", 431, "bad_request")


def test_a_bad_body_is_answered_400(server: Server, connect: Connect) -> None:
    """A chunk whose size is no number ends the exchange, whose head was good."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", "Transfer-Encoding: chunked")
        client.send(b"nonsense\r\n")
        assert client.response()[0] == 400
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("POST", "/echo", 400, "bad_request")
    assert server.seen == []


def test_connect_is_not_offered(server: Server, connect: Connect) -> None:
    """A tunnel would hide what crosses the wire."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.request("CONNECT", "elsewhere.test:443")
        assert client.response()[0] == 501
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.status, entry.error) == (501, "bad_request")


def test_a_slow_head_is_answered_408(server: Server, connect: Connect) -> None:
    """A head that does not come to its end in time gives the connection up."""
    options = ProxyOptions(upstream=server.address, head_s=0.05)
    with running_proxy(options) as proxy:
        client = connect(proxy.port)
        client.send(b"GET / HT")
        assert client.response()[0] == 408
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("", "", 408, "head_timeout")


def test_an_idle_connection_is_closed_without_an_entry(server: Server, connect: Connect) -> None:
    """Who sends nothing has made no request."""
    options = ProxyOptions(upstream=server.address, idle_s=0.05)
    with running_proxy(options) as proxy:
        assert connect(proxy.port).rest() == b""
        assert proxy.ledger.entries() == []


@pytest.mark.parametrize("way", ["upstream", "idle", "leave"])
def test_a_request_that_crosses_the_end_is_entered(
    server: Server, connect: Connect, way: str
) -> None:
    """What was under way when we said the end is on the wire, and neither forwarded nor a turn."""
    options = ProxyOptions(upstream=server.address, idle_s=0.5 if way == "idle" else 75.0)
    plan = Plan(rules=(Rule(fault=Status(status=503), nth=(2,)),))
    path = "/leaving" if way == "upstream" else "/hello"
    with running_proxy(options, plan) as proxy:
        client = connect(proxy.port)
        client.get(path)
        if way == "leave":
            proxy.stop_listening()
        assert client.rest() == b""
        client.request("POST", "/echo", "X-Request-ID: req-0123456789ab", body=b"late")
        _, late = proxy.ledger.wait_for(2)
        proxy.listen_again()
        assert connect(proxy.port).get("/hello")[0] == 503
    assert (late.method, late.path, late.request_id) == ("POST", "/echo", "req-0123456789ab")
    assert (late.upstream_status, late.status, late.fault) == (None, None, "")
    assert (late.error, late.client_closed_early) == ("crossed_end", False)
    assert [seen["target"] for seen in server.seen] == [path]


@pytest.mark.parametrize(
    ("late", "error"), [(b"no request\r\n\r\n", "bad_request"), (b"GET /", "head_timeout")]
)
def test_what_is_no_request_is_not_answered_after_the_end(
    server: Server, connect: Connect, late: bytes, error: str
) -> None:
    """Nothing can be said any more, and the ledger does not claim so."""
    options = ProxyOptions(upstream=server.address, head_s=0.05)
    with running_proxy(options) as proxy:
        client = connect(proxy.port)
        client.get("/leaving")
        assert client.rest() == b""
        client.send(late)
        _, entry = proxy.ledger.wait_for(2)
    assert (entry.method, entry.status, entry.error) == ("", None, error)


def test_an_ended_connection_does_not_wait_for_its_client(
    server: Server, connect: Connect, wait_until: WaitUntil
) -> None:
    """Who keeps a connection whose end was said costs nothing after a second."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.get("/leaving")
        wait_until(lambda: not proxy._proxy._connections)
        assert client.rest() == b""


def test_a_stalled_body_is_answered_408(server: Server, connect: Connect) -> None:
    """A body that does not come to its end in time ends the exchange."""
    options = ProxyOptions(upstream=server.address, stall_s=0.05)
    plan = Plan(rules=(Rule(fault=Hang(), every=True),))
    with running_proxy(options, plan) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", "Content-Length: 10")
        assert client.response()[0] == 408
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("POST", "/echo", 408, "client_stalled")


def test_pipelined_requests_are_answered_in_order(server: Server, connect: Connect) -> None:
    """Requests sent at once are carried one after the other."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.send(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
            b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
            b"GET /closing HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        answer = client.rest()
        entries = proxy.ledger.wait_for(3)
    assert [answer.find(body) for body in (b"one", b"hello world!", b"bye")] == sorted(
        answer.find(body) for body in (b"one", b"hello world!", b"bye")
    )
    assert [entry.path for entry in entries] == ["/echo", "/hello", "/closing"]
    assert [seen["target"] for seen in server.seen] == ["/echo", "/hello", "/closing"]


def test_a_client_that_leaves_takes_the_upstream_connection_with_it(
    server: Server, connect: Connect, wait_until: WaitUntil
) -> None:
    """The server notices at once that nobody waits any more."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/never")
        wait_until(lambda: server.seen)
        client.close()
        [entry] = proxy.ledger.wait_for(1)
        assert server.gone.wait(5)
    assert (entry.upstream_status, entry.status) == (None, None)
    assert (entry.client_closed_early, entry.error) == (True, "")


def test_a_client_that_leaves_in_its_own_body_closed_early(
    server: Server, connect: Connect
) -> None:
    """Half a request body is forwarded, never answered, and entered."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", "Content-Length: 10")
        client.send(b"half")
        client.close()
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.client_closed_early, entry.status, entry.request_bytes) == (True, None, 4)


def test_a_client_that_leaves_in_the_answer_closed_early(server: Server, connect: Connect) -> None:
    """The ledger knows that not all of it was delivered."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.request("GET", "/big")
        client.until(b"xxx")
        client.close()
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.client_closed_early, entry.upstream_status, entry.status) == (True, 200, 200)


def test_a_client_that_leaves_after_the_answer_did_not_close_early(
    server: Server, connect: Connect
) -> None:
    """To have everything and go is no complaint."""
    with running_proxy(server.address) as proxy:
        for _ in range(20):
            client = connect(proxy.port)
            client.get("/hello", "Connection: close")
            client.close()
        entries = proxy.ledger.wait_for(20)
    assert {entry.client_closed_early for entry in entries} == {False}


def test_a_held_client_is_let_go_in_the_end(server: Server, connect: Connect) -> None:
    """hold_s bounds what a hang costs."""
    options = ProxyOptions(upstream=server.address, hold_s=0.05)
    plan = Plan(rules=(Rule(fault=Hang(), every=True),))
    with running_proxy(options, plan) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/hello")
        assert client.rest() == b""
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.status, entry.client_closed_early, entry.error) == (None, False, "held_too_long")
