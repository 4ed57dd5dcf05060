"""The table of the control server, without a socket."""

import asyncio
import json
from typing import Any

import pytest

from wire import Plan, Proxy, ProxyOptions
from wire.plan import Pattern
from wire.routes import ROUTES, Answer, respond


@pytest.fixture
def proxy() -> Proxy:
    """A proxy that was never started."""
    return Proxy(ProxyOptions(upstream="127.0.0.1:1"))


def ask(proxy: Proxy, method: str, target: str, body: bytes = b"") -> Answer:
    """The answer to one request."""
    return asyncio.run(respond(proxy, method, target, body))


def data(answer: Answer) -> Any:
    """The JSON of an answer."""
    return json.loads(b"".join(answer.body))


def test_an_unknown_path_lists_the_known_ones(proxy: Proxy) -> None:
    """404 helps on."""
    answer = ask(proxy, "GET", "/")
    paths = ", ".join(ROUTES)
    assert (answer.status, data(answer)) == (
        404,
        {"error": f"There is nothing at this path; there is {paths}."},
    )


@pytest.mark.parametrize("path", ROUTES)
def test_a_wrong_method_is_told_the_right_ones(proxy: Proxy, path: str) -> None:
    """405 carries Allow on every path."""
    answer = ask(proxy, "TRACE", path)
    assert (answer.status, answer.allow) == (405, ", ".join(ROUTES[path]))


def test_deleting_the_plan_keeps_the_names_of_operations(proxy: Proxy) -> None:
    """Faults end; what requests are called does not change."""
    operations = (Pattern(name="list", path="/services"),)
    proxy.set_plan(Plan(operations=operations, seed=4))
    assert ask(proxy, "DELETE", "/plan").status == 200
    assert proxy.plan == Plan(operations=operations)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"accept": "no"}'])
def test_listening_needs_a_truth_value(proxy: Proxy, body: bytes) -> None:
    """Anything else is 422 and changes nothing."""
    assert ask(proxy, "POST", "/listening", body).status == 422


@pytest.mark.parametrize("since", ["x", "-1", "", "%D9%A3", "9" * 30])
def test_since_is_a_number(proxy: Proxy, since: str) -> None:
    """Digits of other scripts and endless ones are refused; none at all is 0."""
    expected = 200 if since == "" else 422
    assert ask(proxy, "GET", f"/ledger?since={since}").status == expected
