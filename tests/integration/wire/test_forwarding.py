"""What the proxy passes on, over real sockets."""

import pytest
from tests.integration.wire.conftest import Connect, Server

from wire import Ledger, Pattern, Plan, ProxyOptions, running_proxy


def test_a_request_is_passed_on_as_it_is(server: Server, connect: Connect) -> None:
    """The server sees the same target, headers and body as the client sent."""
    with running_proxy(server.address) as proxy:
        connect(proxy.port).request("POST", "/echo?a=1", "X-Mixed-Case: yes", body=b"booking")
        proxy.ledger.wait_for(1)
    assert server.seen == [
        {
            "method": "POST",
            "target": "/echo?a=1",
            "headers": [
                ("Host", "example.test"),
                ("X-Mixed-Case", "yes"),
                ("Content-Length", "7"),
            ],
            "body": b"booking",
            "peer": "127.0.0.1",
        }
    ]


def test_the_ledger_tells_who_asked_what_and_what_came_of_it(
    server: Server, connect: Connect
) -> None:
    """The one entry of a plain exchange holds ids, operation, statuses, bytes and times."""
    plan = Plan(operations=(Pattern(name="echo", method="POST", path="/ec.*"),))
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    headers = (
        "X-Request-ID: req-0123456789ab",
        f"traceparent: 00-{trace}-{span}-01",
        "X-Request-Attempt: 2",
        "Idempotency-Key: secret",
    )
    with running_proxy(server.address, plan) as proxy:
        connect(proxy.port).request("POST", "/echo?name=x", *headers, body=b"12345")
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.seq, entry.connection, entry.client) == (1, 1, "127.0.0.1")
    assert (entry.method, entry.path, entry.operation) == ("POST", "/echo", "echo")
    assert (entry.request_id, entry.attempt) == ("req-0123456789ab", 2)
    assert (entry.trace_id, entry.parent_span_id) == (trace, span)
    assert entry.idempotency_key == "2bb80d537b1da3e3"
    assert (entry.upstream_status, entry.status) == (201, 201)
    assert (entry.request_bytes, entry.response_bytes) == (5, 5)
    assert (entry.fault, entry.error, entry.client_closed_early) == ("", "", False)
    assert entry.first_byte_s is not None
    assert 0 <= entry.started_s <= entry.first_byte_s <= entry.ended_s


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/hello", 200, b"hello world!"),
        ("/chunked", 200, b"hello world!"),
        ("/until-close", 200, b"until the end"),
        ("/no-content", 204, b""),
        ("/not-modified", 304, b""),
        ("/big", 200, b"x" * 3_000_000),
    ],
)
def test_every_framing_arrives_whole(
    server: Server, connect: Connect, path: str, status: int, body: bytes
) -> None:
    """Length, chunks, end of connection and no body at all each give the whole answer."""
    with running_proxy(server.address) as proxy:
        answered, _, received = connect(proxy.port).get(path)
        [entry] = proxy.ledger.wait_for(1)
    assert (answered, received) == (status, body)
    assert (entry.status, entry.response_bytes, entry.error) == (status, len(body), "")


def test_a_chunked_request_arrives_whole(server: Server, connect: Connect) -> None:
    """A body in chunks is passed on, and its bytes are counted without the framing."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", "Transfer-Encoding: chunked")
        client.send("3\r\nabc\r\n")
        client.send("4\r\ndefg\r\n0\r\n\r\n")
        assert client.response()[2] == b"abcdefg"
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.request_bytes, entry.response_bytes) == (7, 7)


def test_an_http_1_0_client_gets_an_answer_that_it_understands(
    server: Server, connect: Connect
) -> None:
    """Chunks of the server become a body that the end of the connection ends."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.send("GET /chunked HTTP/1.0\r\n\r\n")
        head, _, body = client.rest().partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert body == b"hello world!"


def test_head_gives_headers_without_body(server: Server, connect: Connect) -> None:
    """The answer to HEAD announces a length, has no body, and the connection goes on."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.request("HEAD", "/hello")
        status, headers, body = client.response("HEAD")
        assert (status, headers["content-length"], body) == (200, "12", b"")
        assert client.get("/hello")[2] == b"hello world!"


def test_headers_of_one_connection_are_not_passed_on(server: Server, connect: Connect) -> None:
    """Connection, what it names, and Keep-Alive end at the proxy, in both directions."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        headers = client.get("/hop", "Connection: X-Mine", "X-Mine: 1", "TE: trailers")[1]
    assert headers == {"x-kept": "1", "content-length": "2"}
    assert server.seen[0]["headers"] == [("Host", "example.test")]


def test_a_client_that_waits_for_100_continue_gets_the_servers(
    server: Server, connect: Connect
) -> None:
    """Expect is passed on, and the server's 100 comes back before the body is sent."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", "Expect: 100-continue", "Content-Length: 3")
        assert client.socket.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n")
        client.send(b"abc")
        assert client.response()[::2] == (201, b"abc")


def test_an_early_answer_reaches_a_client_that_is_still_sending(
    server: Server, connect: Connect
) -> None:
    """A 413 given before the body was read is delivered, and the connection ends."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/early", "Content-Length: 1000000")
        client.send(b"x" * 1000)
        assert client.response()[::2] == (413, b"too large")
        assert client.rest() == b""
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.upstream_status, entry.status, entry.error) == (413, 413, "")


def test_keep_alive_pairs_one_connection_with_one(server: Server, connect: Connect) -> None:
    """Requests on one connection use one upstream connection; another gets its own."""
    with running_proxy(server.address) as proxy:
        first, second = connect(proxy.port), connect(proxy.port)
        for client in (first, second, first, first):
            assert client.get("/hello")[0] == 200
        entries = proxy.ledger.wait_for(4)
    assert [entry.connection for entry in entries] == [1, 2, 1, 1]
    assert len(server.connections) == 2


def test_the_servers_wish_to_close_is_kept(server: Server, connect: Connect) -> None:
    """Connection: close of the server reaches the client, and the proxy closes as well."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        assert client.get("/closing")[1]["connection"] == "close"
        assert client.rest() == b""


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/garbage", 502, "upstream_protocol"),
        ("/silent", None, "upstream_closed"),
        ("/abort", None, "upstream_reset"),
        ("/half", 200, "upstream_closed"),
    ],
)
def test_a_broken_server_is_entered_by_its_kind(
    server: Server, connect: Connect, path: str, status: int | None, error: str
) -> None:
    """Each way in which a server can fail has its word in the ledger."""
    with running_proxy(server.address) as proxy:
        connect(proxy.port).request("GET", path)
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.status, entry.error, entry.client_closed_early) == (status, error, False)


def test_a_reset_of_the_server_is_a_reset_for_the_client(server: Server, connect: Connect) -> None:
    """The client sees what it would have seen without a proxy."""
    with running_proxy(server.address) as proxy, pytest.raises(ConnectionResetError):
        connect(proxy.port).get("/abort")


def test_a_closed_upstream_gives_502(closed_port: int, connect: Connect) -> None:
    """When the upstream refuses, the client gets a 502 that says so."""
    with running_proxy(f"127.0.0.1:{closed_port}") as proxy:
        status, _, body = connect(proxy.port).get("/hello")
        [entry] = proxy.ledger.wait_for(1)
    assert status == 502
    assert body == b"wire: the upstream refused the connection; is it running?\n"
    assert (entry.upstream_status, entry.status, entry.error) == (None, 502, "upstream_refused")


def test_a_server_that_says_nothing_for_too_long_gives_504(
    server: Server, connect: Connect
) -> None:
    """The stall limit bounds an exchange that neither side ends."""
    options = ProxyOptions(upstream=server.address, stall_s=0.05)
    with running_proxy(options) as proxy:
        assert connect(proxy.port).get("/never")[0] == 504
        [entry] = proxy.ledger.wait_for(1)
    assert (entry.upstream_status, entry.error) == (None, "upstream_timeout")


def test_the_client_is_forwarded_only_when_asked(server: Server, connect: Connect) -> None:
    """forward_client adds X-Forwarded-For and nothing else."""
    options = ProxyOptions(upstream=server.address, forward_client=True)
    with running_proxy(options) as proxy:
        connect(proxy.port, "127.0.3.4").get("/hello")
    assert server.seen[0]["headers"][1:] == [("X-Forwarded-For", "127.0.3.4")]
    assert server.seen[0]["peer"] == "127.0.0.1"


def test_the_clients_address_can_be_kept(server: Server, connect: Connect) -> None:
    """bind_client_address lets the server see each client's own loopback address."""
    options = ProxyOptions(upstream=server.address, bind_client_address=True)
    ledger = Ledger()
    with running_proxy(options, ledger=ledger) as proxy:
        connect(proxy.port, "127.0.3.4").get("/hello")
        connect(proxy.port, "127.0.3.5").get("/hello")
        entries = ledger.wait_for(2)
    assert [seen["peer"] for seen in server.seen] == ["127.0.3.4", "127.0.3.5"]
    assert [entry.client for entry in entries] == ["127.0.3.4", "127.0.3.5"]


def test_a_stream_waits_for_its_reader(server: Server, connect: Connect) -> None:
    """A client that does not read holds the server back instead of filling memory."""
    with running_proxy(server.address) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/vast")
        client.socket.recv(1)
        assert proxy.in_progress == 1
        client.until(b"x" * 15_900_000)
        [entry] = proxy.ledger.wait_for(1)
    assert entry.response_bytes == 16_000_000
