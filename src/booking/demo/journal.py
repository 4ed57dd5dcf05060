"""What the running stack has written down: its counters, its ledger, its log."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from booking.demo.measured import Measured
from booking.demo.numbers import Change, Numbers
from booking.stack.processes import Stack
from booking.stack.story import fetch
from booking.traffic.drive import Traffic
from wire import read_ledger

_TRANSITION = b'"circuit_breaker.transition"'


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in each of the records."""

    agent: Numbers
    api: Numbers
    entries: int
    log_bytes: int


class Journal:
    """Reads the records of a stack of API, proxy and agent."""

    def __init__(self, stack: Stack) -> None:
        self._api, _, self._agent = stack.parts[:3]
        self._ledger, self._log = stack.ledger, stack.log(self._agent)

    def mark(self) -> Mark:
        """Where the records end now."""
        return Mark(*self.numbers(), len(read_ledger(self._ledger)), self._log.stat().st_size)

    def numbers(self) -> tuple[Numbers, Numbers]:
        """The counters of agent and API."""
        now_s = time.monotonic()
        agent, api = (fetch(part, "/metrics") for part in (self._agent, self._api))
        return Numbers.read(now_s, agent), Numbers.read(now_s, api)

    def since(self, mark: Mark, now: tuple[Numbers, Numbers], traffic: Traffic) -> Measured:
        """Everything from the mark on, up to these numbers."""
        return Measured(
            agent=Change(mark.agent, now[0]),
            api=Change(mark.api, now[1]),
            ledger=read_ledger(self._ledger)[mark.entries :],
            visitors=traffic.tally,
            greedy=traffic.greedy,
            path=self._path(mark.log_bytes),
        )

    def _path(self, log_bytes: int) -> tuple[str, ...]:
        """The states that the circuit went through, by the log."""
        with self._log.open("rb") as log:
            log.seek(log_bytes)
            lines = [orjson.loads(line) for line in log if _TRANSITION in line]
        return _states([(line["from_state"], line["to_state"]) for line in lines])


def _states(transitions: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return (*[old for old, _ in transitions[:1]], *[new for _, new in transitions])
