"""Requests on connections that have idled for as long as the server keeps them: 5 s."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from tests.edge_stand import Stand, stand

from resilience.declare import Event
from resilience.events import AttemptFinished
from resilience.http_client import ProtectedSession
from resilience.options import ClientOptions, RetryOptions
from resilience.server import KEEP_ALIVE_S

RACE_S = 0.03


@dataclass
class Idler:
    """A session with one connection, which is used again when it has idled for `idle_s`."""

    session: ProtectedSession
    events: list[Event]
    idle_s: float
    due_s: float = 0.0
    statuses: list[int] = field(default_factory=list)

    def warm(self) -> None:
        """Open the connection."""
        self.statuses.append(self.session.get("/services").status_code)
        self.due_s = time.monotonic() + self.idle_s

    def meet(self) -> None:
        """Send a POST at the moment that was chosen."""
        time.sleep(max(0.0, self.due_s - time.monotonic()))
        self.statuses.append(self.session.post("/echo", json={"a": 1}).status_code)

    def attempts(self) -> list[AttemptFinished]:
        """What was sent, the first request apart."""
        return [event for event in self.events if isinstance(event, AttemptFinished)][1:]


@pytest.fixture
def server() -> Iterator[Stand]:
    """The edge that the API stands behind, without limits."""
    with stand(limits="") as running:
        yield running


def idlers(server: Stand, running: ExitStack, count: int, **options: float) -> list[Idler]:
    """Sessions that idle for 4.97 to 5.03 s."""
    made = []
    for number in range(count):
        events: list[Event] = []
        chosen = ClientOptions(
            base_url=f"http://127.0.0.1:{server.port}",
            retry=RetryOptions(backoff_s=0.01),
            **options,  # type: ignore[arg-type]  # checked by the options
        )
        session = running.enter_context(ProtectedSession(chosen, emit=events.append))
        share = 2 * number / (count - 1) - 1
        made.append(Idler(session, events, KEEP_ALIVE_S + RACE_S * share))
    return made


@pytest.mark.fault(7)
def test_three_hundred_sessions_meet_the_end_of_keep_alive(server: Stand) -> None:
    """Whoever races the server is answered; whoever drops first, as by default, never races."""
    with ExitStack() as running:
        racing = idlers(server, running, 200, idle_connection_s=60.0)
        default = idlers(server, running, 100)
        everyone = [*racing, *default]
        for idler in everyone:
            idler.warm()
        for idler in sorted(everyone, key=lambda idler: idler.due_s):
            idler.meet()

    assert [idler.statuses for idler in everyone] == [[200, 200]] * 300
    assert any(attempt.connection_reused for idler in racing for attempt in idler.attempts())
    sent = [(len(idler.attempts()), idler.attempts()[0].connection_reused) for idler in default]
    assert sent == [(1, False)] * 100
