"""Each fault over a real socket, with its line in the ledger."""

import pytest
from tests.integration.wire.conftest import Connect, Server

from wire import (
    Delay,
    Drip,
    Drop,
    Entry,
    Fault,
    Hang,
    Plan,
    Refuse,
    Reset,
    Rule,
    Status,
    Truncate,
    running_proxy,
)


def first(fault: Fault) -> Plan:
    """A plan that lets `fault` befall the first request."""
    return Plan(rules=(Rule(fault=fault, nth=(1,)),))


def outcome(entry: Entry) -> tuple[object, ...]:
    """What the ledger says of the exchange, in short."""
    return entry.fault, entry.upstream_status, entry.status, entry.client_closed_early, entry.error


def test_refuse_resets_before_anything_is_read(server: Server, connect: Connect) -> None:
    """The connection is reset at once; its entry has no request, and the next one works."""
    with running_proxy(server.address, first(Refuse())) as proxy:
        with pytest.raises(ConnectionResetError):  # it may come before connecting has ended
            connect(proxy.port).rest()
        assert connect(proxy.port).get("/hello")[0] == 200
        refused, served = proxy.ledger.wait_for(2)
    assert (refused.method, refused.path) == ("", "")
    assert outcome(refused) == ("refuse", None, None, False, "")
    assert outcome(served) == ("", 200, 200, False, "")


def test_reset_before_forwarding_keeps_the_request_from_the_server(
    server: Server, connect: Connect
) -> None:
    """The request is read, the connection reset, and the server never asked."""
    with running_proxy(server.address, first(Reset())) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", body=b"abc")
        with pytest.raises(ConnectionResetError):
            client.rest()
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("reset", None, None, False, "")
    assert (entry.request_bytes, server.seen) == (3, [])


@pytest.mark.parametrize(("path", "sent"), [("/hello", 6), ("/chunked", 2)])
def test_reset_mid_body_sends_half_of_it(
    server: Server, connect: Connect, path: str, sent: int
) -> None:
    """Status and some of the body arrive, then the connection is reset."""
    with running_proxy(server.address, first(Reset(when="mid_body"))) as proxy:
        client = connect(proxy.port)
        client.request("GET", path)
        with pytest.raises(ConnectionResetError):
            client.rest()
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("reset", 200, 200, False, "")
    assert entry.response_bytes in (sent, 6)


def test_hang_never_answers(server: Server, connect: Connect) -> None:
    """The request is read and held until the client gives up; the server is never asked."""
    with running_proxy(server.address, first(Hang())) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", body=b"abc")
        client.socket.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.rest()
        client.close()
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("hang", None, None, True, "")
    assert (entry.request_bytes, entry.first_byte_s, server.seen) == (3, None, [])
    assert entry.ended_s - entry.started_s >= 0.09


def test_delay_waits_before_forwarding(server: Server, connect: Connect) -> None:
    """The answer is right and late."""
    with running_proxy(server.address, first(Delay(delay_s=0.1))) as proxy:
        assert connect(proxy.port).get("/hello")[2] == b"hello world!"
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("delay", 200, 200, False, "")
    assert 0.1 <= entry.ended_s - entry.started_s < 1.0


def test_a_client_that_leaves_during_the_delay_is_never_forwarded(
    server: Server, connect: Connect
) -> None:
    """Nothing reaches the server when the client has given up before."""
    with running_proxy(server.address, first(Delay(delay_s=30))) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/hello")
        client.close()
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("delay", None, None, True, "")
    assert server.seen == []


def test_drip_sends_the_body_in_pieces(server: Server, connect: Connect) -> None:
    """The headers come at once, the body four bytes at a time."""
    with running_proxy(server.address, first(Drip(interval_s=0.02, chunk_bytes=4))) as proxy:
        assert connect(proxy.port).get("/hello")[2] == b"hello world!"
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("drip", 200, 200, False, "")
    assert entry.first_byte_s is not None
    assert 0.06 <= entry.ended_s - entry.first_byte_s < 1.0


def test_drip_from_the_headers_sends_even_these_in_pieces(server: Server, connect: Connect) -> None:
    """The first piece is the first bytes of the status line."""
    drip = Drip(interval_s=0.01, chunk_bytes=8, start="headers")
    with running_proxy(server.address, first(drip)) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/hello")
        assert client.socket.recv(100) == b"HTTP/1.1"
        assert client.until(b"hello world!").endswith(b"hello world!")


def test_a_client_that_leaves_a_drip_closed_early(server: Server, connect: Connect) -> None:
    """The ledger says what was sent until the client gave up."""
    with running_proxy(server.address, first(Drip(interval_s=0.05))) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/hello")
        client.until(b"\r\n\r\nh")
        client.close()
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("drip", 200, 200, True, "")
    assert 1 <= entry.response_bytes <= 12


@pytest.mark.parametrize(("path", "body"), [("/hello", b"hello"), ("/chunked", b"5\r\nhello\r\n")])
def test_truncate_closes_after_some_bytes(
    server: Server, connect: Connect, path: str, body: bytes
) -> None:
    """The head promises the whole body, five bytes come, and the connection is closed."""
    with running_proxy(server.address, first(Truncate(body_bytes=5))) as proxy:
        client = connect(proxy.port)
        client.request("GET", path)
        assert client.rest().partition(b"\r\n\r\n")[2] == body
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("truncate", 200, 200, False, "")
    assert entry.response_bytes == 5


def test_truncate_always_bites(server: Server, connect: Connect) -> None:
    """A limit beyond the body still holds its last byte back."""
    with running_proxy(server.address, first(Truncate(body_bytes=99))) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/hello")
        assert client.rest().partition(b"\r\n\r\n")[2] == b"hello world"


def test_truncate_with_a_reset(server: Server, connect: Connect) -> None:
    """then="reset" ends the connection with a RST."""
    with running_proxy(server.address, first(Truncate(body_bytes=5, then="reset"))) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/hello")
        with pytest.raises(ConnectionResetError):
            client.rest()
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("truncate", 200, 200, False, "")


def test_status_answers_in_the_servers_place(server: Server, connect: Connect) -> None:
    """Status, headers and body are the plan's; the connection goes on to the server."""
    fault = Status(status=503, headers=(("Retry-After", "7"),), body="busy")
    with running_proxy(server.address, first(fault)) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", body=b"abc")
        assert client.response() == (503, {"retry-after": "7", "content-length": "4"}, b"busy")
        assert client.get("/hello")[0] == 200
        entry = proxy.ledger.wait_for(2)[0]
    assert outcome(entry) == ("status", None, 503, False, "")
    assert [seen["target"] for seen in server.seen] == ["/hello"]


def test_status_asks_a_waiting_client_for_its_body(server: Server, connect: Connect) -> None:
    """A client that expects 100 gets one before the injected status."""
    with running_proxy(server.address, first(Status(status=500))) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", "Expect: 100-continue", "Content-Length: 3")
        assert client.socket.recv(100).startswith(b"HTTP/1.1 100 ")
        client.send(b"abc")
        assert client.response()[0] == 500


def test_drop_and_hold_lets_the_server_work_for_nothing(server: Server, connect: Connect) -> None:
    """The server has answered 201, the client gets nothing and gives up."""
    with running_proxy(server.address, first(Drop())) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", body=b"abc")
        client.socket.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.rest()
        client.close()
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("drop", 201, None, True, "")
    assert (entry.response_bytes, entry.first_byte_s) == (0, None)
    assert [seen["body"] for seen in server.seen] == [b"abc"]


def test_drop_and_close(server: Server, connect: Connect) -> None:
    """then="close" closes without a byte."""
    with running_proxy(server.address, first(Drop(then="close"))) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", body=b"abc")
        assert client.rest() == b""
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("drop", 201, None, False, "")


def test_drop_and_reset(server: Server, connect: Connect) -> None:
    """then="reset" resets without a byte."""
    with running_proxy(server.address, first(Drop(then="reset"))) as proxy:
        client = connect(proxy.port)
        client.request("POST", "/echo", body=b"abc")
        with pytest.raises(ConnectionResetError):
            client.rest()
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("drop", 201, None, False, "")


def test_a_dropped_answer_is_read_even_when_the_client_has_left(
    server: Server, connect: Connect
) -> None:
    """The server does its work although the client gave up while it did."""
    with running_proxy(server.address, first(Drop())) as proxy:
        client = connect(proxy.port)
        client.request("GET", "/big")
        client.close()
        [entry] = proxy.ledger.wait_for(1)
    assert outcome(entry) == ("drop", 200, None, True, "")


def test_faults_are_counted_by_name(server: Server, connect: Connect) -> None:
    """Every fault has a count from the start, and rules fire in their own time."""
    plan = Plan(
        rules=(
            Rule(fault=Status(status=503), nth=(1,), method="GET"),
            Rule(fault=Drop(then="close"), nth=(2,), method="GET"),
        )
    )
    with running_proxy(server.address, plan) as proxy:
        assert set(proxy.ledger.faults().values()) == {0}
        client = connect(proxy.port)
        assert client.get("/hello")[0] == 503
        client.request("GET", "/hello")
        assert client.rest() == b""
        assert connect(proxy.port).get("/hello")[0] == 200
        proxy.ledger.wait_for(3)
        counted = {name: n for name, n in proxy.ledger.faults().items() if n}
    assert counted == {"status": 1, "drop": 1}


def test_another_plan_counts_from_the_beginning(server: Server, connect: Connect) -> None:
    """set_plan takes effect with the next request."""
    with running_proxy(server.address, first(Status(status=503))) as proxy:
        client = connect(proxy.port)
        before = [client.get("/hello")[0] for _ in range(2)]
        proxy.set_plan(first(Status(status=500)))
        after = [client.get("/hello")[0] for _ in range(2)]
    assert (before, after) == ([503, 200], [500, 200])
