"""Load on a server: `wrk` where it is installed, else the generator of this package."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .harness import Broken, Plan
from .machine import processors

WRK = shutil.which("wrk")
_SCRIPT = str(Path(__file__).with_name("wrk.lua"))


@dataclass(frozen=True)
class Load:
    """What was answered: `refused` with a status of 400 or more, `broken` not at all."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Requests in a second."""
        return self.requests / self.seconds


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What to send: `pause_s` between the answer and the next request, `source` address."""

    port: int
    path: str = "/services"
    seconds: float = 3.0
    connections: int = 50
    pause_s: float = 0.0
    source: str = ""


class Running:
    """Load that is under way in a process of its own."""

    def __init__(self, traffic: Traffic) -> None:
        plain = not traffic.pause_s and not traffic.source
        command = _wrk(traffic) if WRK and plain else _generator(traffic)
        _, processor = processors()
        self._seconds = traffic.seconds
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, processor),
        )

    def finish(self) -> Load:
        """Wait for its end; raises Broken when it failed."""
        try:
            output, _ = self._process.communicate(timeout=self._seconds + 30)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            raise Broken("the load generator did not end") from error
        if self._process.returncode:
            raise Broken(f"the load generator failed: {output}")
        return Load(**json.loads(output.strip().splitlines()[-1]))


def send(traffic: Traffic) -> Load:
    """Send the traffic; once more, and visibly so, when nothing at all was answered.

    On a machine that others use too, a server can be runnable for seconds without being run.
    """
    load = Running(traffic).finish()
    if not load.requests and not load.broken:
        print(f"port {traffic.port}: no answer in {load.seconds:.1f} s, once more", file=sys.stderr)
        load = Running(traffic).finish()
    return load


def drive(traffic: Traffic, *, refused: bool = False) -> Load:
    """Send the traffic and check that every answer is a success, or that every one is refused."""
    load = send(traffic)
    expected = load.requests if refused else 0
    # wrk counts the status of an answer whose body is still on its way when it stops.
    if abs(load.refused - expected) > traffic.connections or load.broken or not load.requests:
        wanted = "be refused" if refused else "succeed"
        raise Broken(f"port {traffic.port}: every request had to {wanted}, but: {load}")
    return load


def in_turn(
    ports: Mapping[str, int], plan: Plan, *, refused: bool = False
) -> dict[str, list[Load]]:
    """Load on each server for about `plan.seconds`, a second at a time and by turns.

    A machine that others use too changes its speed within seconds.
    """
    found: dict[str, list[Load]] = {case: [] for case in ports}
    for _ in range(max(1, round(plan.seconds))):
        for case in plan.shuffled([*ports]):
            traffic = Traffic(port=ports[case], seconds=1)
            found[case].append(drive(traffic, refused=refused))
    return found


def rates(loads: Mapping[str, Sequence[Load]]) -> dict[str, float]:
    """Requests in a second, over all turns of each."""
    return {
        case: sum(load.requests for load in turns) / sum(load.seconds for load in turns)
        for case, turns in loads.items()
    }


def _wrk(traffic: Traffic) -> list[str]:
    return [
        WRK or "wrk",
        "--threads=1",
        f"--connections={traffic.connections}",
        f"--duration={max(1, round(traffic.seconds))}s",
        "--timeout=15s",
        f"--script={_SCRIPT}",
        f"http://127.0.0.1:{traffic.port}{traffic.path}",
    ]


def _generator(traffic: Traffic) -> list[str]:
    return [sys.executable, "-m", "bench.generator", json.dumps(asdict(traffic))]
