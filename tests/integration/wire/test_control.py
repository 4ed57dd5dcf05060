"""The control server over real sockets."""

import json
from collections.abc import Callable, Iterator

import pytest
from tests.integration.wire.conftest import Connect, Server, WaitUntil

from wire import Hang, Pattern, Plan, Proxy, ProxyOptions, Rule, RunningProxy, Status, running_proxy
from wire.control import Control
from wire.ledger import Entry

Call = Callable[..., tuple[int, dict[str, str], bytes]]
PLAN = Plan(rules=(Rule(fault=Status(status=503), path="/hello", nth=(1,)),), seed=3)


@pytest.fixture
def proxy(server: Server) -> Iterator[RunningProxy]:
    """A proxy without faults."""
    with running_proxy(server.address) as running:
        yield running


@pytest.fixture
def call(proxy: RunningProxy, connect: Connect) -> Call:
    """Send a request to the control server."""

    def send(method: str, target: str, data: object = None) -> tuple[int, dict[str, str], bytes]:
        client = connect(proxy.control_port)
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        client.request(method, target, body=b"" if data is None else body)
        return client.response()

    return send


def test_a_plan_is_put_read_and_deleted(proxy: RunningProxy, call: Call, connect: Connect) -> None:
    """PUT takes effect at once, GET reads it back, DELETE ends all faults."""
    status, _, body = call("PUT", "/plan", PLAN.to_dict())
    assert (status, Plan.from_json(body)) == (200, PLAN)
    assert connect(proxy.port).get("/hello")[0] == 503
    assert Plan.from_json(call("GET", "/plan")[2]) == PLAN
    assert call("DELETE", "/plan")[0] == 200
    assert Plan.from_json(call("GET", "/plan")[2]) == Plan()


def test_a_plan_without_operations_keeps_those_in_force(proxy: RunningProxy, call: Call) -> None:
    """Whoever plays with faults does not lose the names, nor what they hide."""
    operations = (Pattern(name="hello", path="/(hello)"),)
    proxy.set_plan(Plan(operations=operations))
    faults = {"rules": [rule.to_dict() for rule in PLAN.rules]}
    assert Plan.from_json(call("PUT", "/plan", faults)[2]) == Plan(
        rules=PLAN.rules, operations=operations
    )
    assert Plan.from_json(call("PUT", "/plan", {**faults, "operations": []})[2]).operations == ()


def test_a_bad_plan_is_refused_with_a_sentence(proxy: RunningProxy, call: Call) -> None:
    """422 says what is wrong, and the plan in force stays."""
    proxy.set_plan(PLAN)
    bad = {"rules": [{"every": True, "fault": {"name": "delay", "delay_s": -1}}]}
    status, _, body = call("PUT", "/plan", bad)
    sentence = (
        "rules[0].fault: delay.delay_s is -1; expected a number at least 0; correct delay.delay_s."
    )
    assert (status, json.loads(body)) == (422, {"error": sentence})
    assert Plan.from_json(call("GET", "/plan")[2]) == PLAN


def test_what_is_not_json_is_refused(call: Call) -> None:
    """A body that cannot be read is the sender's mistake, never ours."""
    assert call("PUT", "/plan", b"{")[0] == 422
    assert call("PUT", "/plan", b"[" * 100_000)[0] == 422
    assert call("POST", "/listening", b"\xff")[0] == 422


def test_the_ledger_is_read_in_lines_from_a_number_on(
    proxy: RunningProxy, call: Call, connect: Connect
) -> None:
    """since leaves out what the reader has already."""
    client = connect(proxy.port)
    for _ in range(3):
        client.get("/hello")
    entries = proxy.ledger.wait_for(3)
    status, headers, body = call("GET", "/ledger?since=1")
    lines = body.decode().splitlines()
    assert (status, headers["content-type"]) == (200, "application/x-ndjson")
    assert [Entry.from_json(line) for line in lines] == entries[1:]
    assert call("GET", "/ledger?since=3")[2] == b""
    assert call("GET", "/ledger?since=x")[0] == 422


def test_the_summary_counts(
    proxy: RunningProxy, call: Call, connect: Connect, wait_until: WaitUntil
) -> None:
    """Totals, faults and what is under way."""
    proxy.set_plan(Plan(rules=(Rule(fault=Hang(), every=True),)))
    client = connect(proxy.port)
    client.request("GET", "/hello")
    wait_until(lambda: proxy.in_progress == 1)
    assert json.loads(call("GET", "/ledger/summary")[2])["in_progress"] == 1
    client.close()
    proxy.ledger.wait_for(1)
    wait_until(lambda: proxy.in_progress == 0)
    summary = json.loads(call("GET", "/ledger/summary")[2])
    assert summary.pop("faults")["hang"] == 1
    assert summary == {"entries": 1, "requests": 1, "dropped": 0, "unwritten": 0, "in_progress": 0}


def test_listening_can_be_switched(proxy: RunningProxy, call: Call, connect: Connect) -> None:
    """Off gives a true refusal, on serves again."""
    assert json.loads(call("POST", "/listening", {"accept": False})[2]) == {"accept": False}
    with pytest.raises(ConnectionRefusedError):
        connect(proxy.port)
    assert json.loads(call("POST", "/listening", {"accept": True})[2]) == {"accept": True}
    assert connect(proxy.port).get("/hello")[0] == 200
    assert call("POST", "/listening", {"accept": 1})[0] == 422


def test_metrics_and_livez(call: Call) -> None:
    """Every fault is counted from the start, in the text format."""
    status, headers, body = call("GET", "/metrics")
    assert (status, headers["content-type"].split(";")[0]) == (200, "text/plain")
    assert body.count(b"wire_faults_injected_total{") == 8
    assert call("GET", "/livez")[::2] == (200, b'{"status": "alive"}\n')


def test_what_is_not_there(call: Call, proxy: RunningProxy, connect: Connect) -> None:
    """404, 405 with Allow, 413 and 400, each with a sentence."""
    assert call("GET", "/nothing")[0] == 404
    status, headers, _ = call("POST", "/plan", {})
    assert (status, headers["allow"]) == (405, "GET, PUT, DELETE")
    client = connect(proxy.control_port)
    client.request("PUT", "/plan", "Content-Length: 2000000")
    client.send(b"x" * 1_100_000)
    assert client.response()[0] == 413
    client = connect(proxy.control_port)
    client.send(b"nonsense\r\n\r\n")
    assert client.response()[0] == 400


def test_a_connection_takes_several_requests(proxy: RunningProxy, connect: Connect) -> None:
    """The control server keeps connections alive."""
    client = connect(proxy.control_port)
    assert [client.get("/livez")[0] for _ in range(3)] == [200, 200, 200]


def test_only_loopback_controls() -> None:
    """Whoever can reach the control server can stop the traffic."""
    proxy = Proxy(ProxyOptions(upstream="127.0.0.1:1"))
    with pytest.raises(ValueError, match=r"0\.0\.0\.0:5101; expected a loopback address"):
        Control(proxy, "0.0.0.0:5101")


def test_the_control_can_be_exposed_on_purpose() -> None:
    """In a network of containers, others than its own must reach it."""
    proxy = Proxy(ProxyOptions(upstream="127.0.0.1:1"))
    assert Control(proxy, "0.0.0.0:5101", exposed=True).address == "0.0.0.0:5101"
