"""The real stack with both hops watched, which leaves the directory of a run."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.stack_http import PERSON, Answer, ask
from tests.stack_process import Server, until

from resilience.telemetry.receiver import Receiver
from wire import Ledger, Plan, ProxyOptions, Rule, RunningProxy, running_proxy

OPENMETRICS = "application/openmetrics-text"
HOPS = {
    "agent-api": ("booking-agent", "booking-api"),
    "users-agent": ("", "booking-agent"),
    "users-api": ("", "booking-api"),
}
CANARIES = tuple(PERSON.values())


@dataclass
class Rig:
    """API and agent behind a proxy each; `write` leaves what all witnesses wrote."""

    receiver: Receiver
    api: Server
    agent: Server
    to_api: RunningProxy
    to_agent: RunningProxy
    users_to_api: RunningProxy
    ledgers: Path
    began: datetime
    options: Mapping[str, object]
    told: list[Mapping[str, Any]] = field(default_factory=list)

    def plan(self, *rules: Rule) -> None:
        """Put the faults between agent and API in force."""
        self.to_api.set_plan(Plan(rules=rules))

    def book(self, user: str, wish: Mapping[str, Any], request_id: str) -> Answer:
        """Book through the agent, as a user whose answer is written down."""
        began_s = self.now_s()
        headers = {"X-Request-ID": request_id, "Idempotency-Key": f"{request_id}-key-of-16"}
        answer = ask(self.to_agent.port, "POST /book", wish, headers, user=user)
        self.note(user, began_s, answer, request_id, headers["Idempotency-Key"])
        return answer

    def note(
        self, user: str, began_s: float, answer: Answer, request_id: str, key: str = ""
    ) -> None:
        """Write down what a user was told."""
        booked = answer.json().get("appointment") or {}
        self.told.append(
            {
                "user": user,
                "scenario": "audit",
                "operation": "book_appointment",
                "intended_s": began_s,
                "started_s": began_s,
                "ended_s": self.now_s(),
                "status": answer.status,
                "error": "",
                "request_id": request_id,
                "trace_id": answer.trace_id,
                "confirmation": booked.get("confirmation_number", ""),
                "key": key,
                "service_id": booked.get("service_id", ""),
                "date": booked.get("date", ""),
                "start_time": booked.get("start_time", ""),
                "replayed": False,
            }
        )

    def starts(self, user: str, service: str = "srv-003") -> list[dict[str, Any]]:
        """What is free, as the API tells a user."""
        answer = ask(self.users_to_api.port, f"GET /availability?service_id={service}", user=user)
        return [
            {"service_id": service, "date": s["date"], "start_time": s["start_time"]}
            for s in answer.json()["available_slots"]
        ]

    def write(self, directory: Path, expected: Sequence[str] = ()) -> Path:
        """Wait until all is at rest, and write the directory of the run."""
        lives = {"api-1": self.api, "agent-1": self.agent}
        for life, server in lives.items():
            server.lines()  # waits until no line is left to write
            until(lambda server=server: _at_rest(server, self.receiver))  # type: ignore[misc]  # a default binds the loop variable
            folder = directory / "metrics" / life
            folder.mkdir(parents=True)
            (folder / "0001.prom").write_text(server.metrics(OPENMETRICS), encoding="utf-8")
            (directory / "logs").mkdir(exist_ok=True)
            (directory / "logs" / f"{life}.jsonl").write_bytes(server.log.read_bytes())
        (directory / "ledger").mkdir()
        for hop in HOPS:
            found = self.ledgers / f"{hop}.jsonl"
            (directory / "ledger" / f"{hop}.jsonl").write_bytes(found.read_bytes())
        _lines(directory / "spans.jsonl", [asdict(span) for span in self.receiver.spans()])
        _lines(directory / "users.jsonl", self.told)
        _copy(self.api.database, directory / "database.db")
        text = json.dumps(self._about(expected), ensure_ascii=False)
        (directory / "run.json").write_text(text, encoding="utf-8")
        return directory

    def now_s(self) -> float:
        """Seconds since the run began."""
        return (datetime.now(UTC) - self.began).total_seconds()

    def _about(self, expected: Sequence[str]) -> Mapping[str, Any]:
        lives = [("api-1", "booking-api"), ("agent-1", "booking-agent")]
        return {
            "format": 1,
            "name": "a handful",
            "seed": 1,
            "started_at": self.began.isoformat(),
            "ended_at": datetime.now(UTC).isoformat(),
            "options": self.options,
            "lives": [
                {"name": life, "service": service, "ended": "running", "started_s": 0}
                for life, service in lives
            ],
            "hops": [
                {"name": name, "client": client, "server": server}
                for name, (client, server) in HOPS.items()
            ],
            "canaries": CANARIES,
            "expected_events": expected,
        }


@contextmanager
def audit_rig(
    directory: Path, server: Callable[..., Server] = Server, **settings: object
) -> Iterator[Rig]:
    """Run the stack for a while; its data and ledgers are in `directory`."""
    with ExitStack() as running:
        began = datetime.now(UTC)
        receiver = running.enter_context(Receiver(max_traces=100_000))
        api = running.enter_context(server("api", directory, receiver.endpoint, **settings))
        to_api = running.enter_context(_hop(api.port, directory / "agent-api.jsonl"))
        agent = server("agent", directory, receiver.endpoint, API_URL=to_api.url, **settings)
        running.enter_context(agent)
        to_agent = running.enter_context(_hop(agent.port, directory / "users-agent.jsonl"))
        users = running.enter_context(_hop(api.port, directory / "users-api.jsonl"))
        proxies = (to_api, to_agent, users)
        options = {"max_retries": 3, **{name.lower(): value for name, value in settings.items()}}
        yield Rig(receiver, api.ready(), agent.ready(), *proxies, directory, began, options)


@contextmanager
def _hop(port: int, path: Path) -> Iterator[RunningProxy]:
    options = ProxyOptions(upstream=f"127.0.0.1:{port}", bind_client_address=True, drain_s=0)
    ledger = Ledger(path)
    try:
        with running_proxy(options, ledger=ledger) as proxy:
            yield proxy
    finally:
        ledger.close()


def _at_rest(server: Server, receiver: Receiver) -> bool:
    """Whether every span that the process made has been received."""
    made = server.total("telemetry_made_total", signal="span")
    service = "booking-agent" if "agent" in server.log.name else "booking-api"
    return made == sum(span.service == service for span in receiver.spans())


def _lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


def _copy(database: Path, target: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
