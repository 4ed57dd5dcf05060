"""API, fault proxy and agent as processes and threads, on addresses chosen before."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.stack.peers import Addresses
from tests.stack_http import PERSON, Answer, ask, new_user
from tests.stack_process import Server

from booking.stack.plan import PATTERNS
from wire import Plan, ProxyOptions, Rule, RunningProxy, running_proxy


@dataclass(frozen=True, slots=True)
class Stack:
    """The running stack; attempts take 0.5 s at most and the first wait is 0.1 s."""

    where: Addresses
    api: Server
    proxy: RunningProxy
    agent: Server

    def plan(self, *rules: Rule) -> int:
        """Put the faults in force; how many entries the ledger has before them."""
        self.proxy.set_plan(Plan(rules=rules, operations=PATTERNS))
        return self.proxy.ledger.total

    def book(
        self,
        start_time: str = "09:00",
        *,
        user: str = "",
        person: Mapping[str, str] = PERSON,
    ) -> Answer:
        """Ask the agent for this start, or the next that is free."""
        wish = {
            "service_id": "srv-001",
            "date": (datetime.now(UTC) + timedelta(days=1)).date().isoformat(),
            "start_time": start_time,
            "on_taken": "take",
            "client": dict(person),
        }
        return ask(self.agent.port, "POST /book", wish, user=user or new_user())


def port_of(address: str) -> int:
    """The port of "host:port"."""
    return int(address.rpartition(":")[2])


@contextmanager
def running_stack(where: Addresses, directory: Path, **settings: Any) -> Iterator[Stack]:
    """Start all three; log lines go to `directory/logs`, `settings` to API and agent."""
    logs, collector = directory / "logs", f"http://{where.collector_http}"
    with ExitStack() as running:
        api = Server("api", logs, collector, port=port_of(where.api), **settings)
        running.enter_context(api)
        options = ProxyOptions(
            upstream=where.api, listen=where.proxy, bind_client_address=True, drain_s=0
        )
        proxy = running.enter_context(running_proxy(options, control=where.control))
        agent = Server(
            "agent", logs, collector, port=port_of(where.agent), API_URL=proxy.url, **settings
        )
        running.enter_context(agent)
        yield Stack(where, api.ready(), proxy, agent.ready())
