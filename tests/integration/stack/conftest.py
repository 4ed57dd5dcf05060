"""The stack that most tests share: collector, API, fault proxy and agent, each really running."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from tests.stack_process import Server

from resilience.telemetry.receiver import Receiver
from resilience.telemetry.trace import SpanRecord
from wire import Plan, ProxyOptions, Rule, RunningProxy, running_proxy


@dataclass(frozen=True, slots=True)
class House:
    """The running stack; attempts take 0.5 s at most and the first wait is 0.1 s."""

    receiver: Receiver
    api: Server
    proxy: RunningProxy
    agent: Server

    def plan(self, *rules: Rule) -> int:
        """Put the faults in force; how many entries the ledger has before them."""
        self.proxy.set_plan(Plan(rules=rules))
        return self.proxy.ledger.total

    def spans(self, trace_id: str, *last: str) -> list[SpanRecord]:
        """The spans of a trace, once those named `last` have come."""
        assert self.receiver.wait_for(trace_id, last, 5.0), [
            span.name for span in self.receiver.spans(trace_id)
        ]
        return [*self.receiver.spans(trace_id)]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One stack for all tests of a worker; each test books as a user of its own."""
    directory = tmp_path_factory.mktemp("house")
    with ExitStack() as running:
        receiver = running.enter_context(Receiver())
        api = running.enter_context(Server("api", directory, receiver.endpoint))
        options = ProxyOptions(
            upstream=f"127.0.0.1:{api.port}", bind_client_address=True, drain_s=0
        )
        proxy = running.enter_context(running_proxy(options))
        agent = Server("agent", directory, receiver.endpoint, API_URL=proxy.url)
        running.enter_context(agent)
        yield House(receiver, api.ready(), proxy, agent.ready())


@pytest.fixture(autouse=True)
def no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test leaves no fault behind."""
    yield
    if "house" in request.fixturenames:
        request.getfixturevalue("house").plan()
