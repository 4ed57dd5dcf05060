"""A run for the dashboards: some calm, and then everything that panels are there for."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stack import peers
from tests.stack.alert_traffic import Visitors, repeated
from tests.stack.http import eventually, get
from tests.stack.peers import Addresses
from tests.stack.processes import Process
from tests.stack.stack import Stack, running_stack

from wire import Hang, Rule, Status

PROGRAMS = ("collector", "jaeger", "loki", "prometheus")
SETTINGS = {"BREAKER_FAILURES": 5, "BREAKER_OPEN_S": 3, "ATTEMPT_TIMEOUT_S": 2}
"""On a busy machine, 0.5 s for an attempt would be too short to call it calm."""

CALM_S, FLAKY_S, FLOOD_S, DEAD_S, LOCKED_S, RECOVERY_S = 75.0, 25.0, 8.0, 22.0, 3.0, 12.0
_LAST = "job_kind:spans_lost:ratio1h"
"""What takes longest to have data: it looks back by two minutes."""

_SETTLING_S = 16.0
"""A rule is evaluated every 15 s."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the run, in seconds since the epoch."""

    begin_s: float
    end_s: float

    @property
    def length_s(self) -> int:
        """Its length in whole seconds."""
        return int(self.end_s - self.begin_s)


@dataclass(frozen=True, slots=True)
class PanelRun:
    """The stack after the run, with all that observes it still there."""

    stack: Stack
    calm: Stretch
    broken: Stretch
    trace_id: str

    @property
    def where(self) -> Addresses:
        """The addresses of everything."""
        return self.stack.where


@contextmanager
def panel_run(binaries: Mapping[str, Path], directory: Path) -> Iterator[PanelRun]:
    """Start the whole stack, play the run, and keep all of it for the length of the block."""
    with observed_stack(binaries, directory, **SETTINGS) as stack:
        yield _play(stack)


@contextmanager
def observed_stack(
    binaries: Mapping[str, Path], directory: Path, **settings: object
) -> Iterator[Stack]:
    """The stack and all that observes it, on free ports; `settings` for API and agent."""
    where = Addresses()
    with ExitStack() as running:
        for process in _observers(binaries, where, directory):
            running.enter_context(process)
            process.ready(within_s=120)
        yield running.enter_context(running_stack(where, directory, **settings))


def _observers(
    binaries: Mapping[str, Path], where: Addresses, directory: Path
) -> Iterator[Process]:
    yield peers.collector(binaries["collector"], where, directory / "collector", directory / "logs")
    yield peers.jaeger(binaries["jaeger"], where, directory / "jaeger")
    yield peers.loki(binaries["loki"], where, directory / "loki")
    yield peers.prometheus(binaries["prometheus"], where, directory / "prometheus")


def _play(stack: Stack) -> PanelRun:
    begin_s, visitors = time.time(), Visitors(stack)
    with repeated(visitors.book, every_s=0.3), repeated(visitors.look, every_s=0.3):
        time.sleep(CALM_S)
        calm = Stretch(begin_s, time.time())
        trace_id = _break(stack, visitors)
        _wait_for(stack.where, _LAST)
        time.sleep(_SETTLING_S)
    return PanelRun(stack, calm, Stretch(calm.end_s, time.time()), trace_id)


def _break(stack: Stack, visitors: Visitors) -> str:
    """Break one thing after the other; the trace of a booking that failed."""
    stack.plan(*_flaky())
    time.sleep(FLAKY_S)
    with repeated(visitors.flood, every_s=0.05):
        time.sleep(FLOOD_S)
    stack.plan(Rule(every=True, fault=Status(status=503)))
    trace_id = stack.book().trace_id
    time.sleep(DEAD_S)
    stack.plan()
    with stack.api.write_lock():
        time.sleep(LOCKED_S)
    time.sleep(RECOVERY_S)
    return trace_id


def _flaky() -> tuple[Rule, ...]:
    wait, nonsense = (("Retry-After", "1"),), (("Retry-After", "soon"),)
    return (
        Rule(probability=0.3, fault=Status(status=503)),
        Rule(probability=0.1, fault=Status(status=429, headers=wait)),
        Rule(probability=0.05, fault=Status(status=503, headers=nonsense)),
        Rule(probability=0.05, fault=Hang()),
    )


def _wait_for(where: Addresses, metric: str) -> None:
    def answer() -> object:
        return get(where.prometheus, "/api/v1/query", query=metric)["data"]["result"]

    eventually(answer, bool, within_s=120)
