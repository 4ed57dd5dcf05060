"""Memory and series of API and agent over a long time of gentle load: `make soak MINUTES=60`.

Visitors come all the time; each minute both processes are scraped. After a warm-up of a sixth of
the time, memory must be flat: the slope of a straight line through the readings (least squares)
is told in MiB an hour, and the series at the begin and at the end are counted.

The longer limit is one of ten minutes here, so that it has come to rest in the warm-up: one of an
hour takes 8 bytes for each request of a client for an hour before it forgets as much as it learns.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

from tests.stack_process import KEY, Server, command, environment

from resilience.telemetry.receiver import Receiver
from resilience.telemetry.scrape import samples

MIB = 2**20
WARM_UP = 1 / 6
MOST_MIB_AN_HOUR = 1.0
RATE = 15.0
USERS = 1000
"""Enough that each can rest between two journeys, as the limits ask; all come in the warm-up."""

LIMITS = "10/minute;50 per 10 minute"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one process showed at one time."""

    at_s: float
    resident_bytes: float
    series: int
    requests: float


def main() -> int:
    """Soak, and say how both processes did; 1 when one grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as directory, ExitStack() as running:
        receiver = running.enter_context(Receiver(max_traces=100))
        api = running.enter_context(
            Server("api", Path(directory), receiver.endpoint, LIMITS=LIMITS)
        )
        agent = Server("agent", Path(directory), receiver.endpoint, API_URL=api.url, LIMITS=LIMITS)
        running.enter_context(agent)
        servers = {"api": api.ready(), "agent": agent.ready()}
        visitors = _send_visitors(servers, options.rate, options.minutes * 60)
        running.callback(visitors.kill)
        readings = _watch(servers, options.minutes * 60)
    flat = [_judge(name, found, options.minutes) for name, found in readings.items()]
    return 0 if all(flat) else 1


def _send_visitors(
    servers: dict[str, Server], rate: float, duration_s: float
) -> subprocess.Popen[bytes]:
    settings = {"KEY": KEY, "API_URL": servers["api"].url, "AGENT_URL": servers["agent"].url}
    words = ("traffic", "--rate", rate, "--users", USERS, "--duration", duration_s, "--seed", 7)
    return subprocess.Popen(
        command(*map(str, words)),
        env=environment(settings, {"OTEL_SDK_DISABLED": "true"}),
        stdout=subprocess.DEVNULL,
    )


def _watch(servers: dict[str, Server], duration_s: float) -> dict[str, list[Reading]]:
    begun_s, found = time.monotonic(), {name: list[Reading]() for name in servers}
    every_s = min(60.0, duration_s / 30)
    while (at_s := time.monotonic() - begun_s) < duration_s:
        for name, server in servers.items():
            found[name].append(_read(server, at_s))
        last = ", ".join(f"{n} {r[-1].resident_bytes / MIB:.2f} MiB" for n, r in found.items())
        print(f"{at_s / 60:5.1f} min  {last}  {found['api'][-1].requests:.0f} requests", flush=True)
        time.sleep(every_s)
    return found


def _read(server: Server, at_s: float) -> Reading:
    found = list(samples(server.metrics()))
    resident = next(s.value for s in found if s.name == "process_resident_memory_bytes")
    counts = [s for s in found if s.name == "http_server_request_duration_seconds_count"]
    return Reading(at_s, resident, len(found), sum(s.value for s in counts))


def _judge(name: str, readings: Sequence[Reading], minutes: float) -> bool:
    warm = [r for r in readings if r.at_s >= minutes * 60 * WARM_UP]
    slope = _slope(warm, lambda reading: reading.resident_bytes / MIB) * 3600
    grown = warm[-1].series - warm[0].series
    print(
        f"{name}: {slope:+.3f} MiB an hour (at most {MOST_MIB_AN_HOUR}), from"
        f" {warm[0].resident_bytes / MIB:.2f} to {warm[-1].resident_bytes / MIB:.2f} MiB;"
        f" {warm[-1].series} series, {grown:+d} since the warm-up;"
        f" {readings[-1].requests:.0f} requests in {minutes:g} min"
    )
    return slope <= MOST_MIB_AN_HOUR and not grown


def _slope(readings: Sequence[Reading], of: Callable[[Reading], float]) -> float:
    """How much it grows in a second."""
    return linear_regression([r.at_s for r in readings], [of(r) for r in readings]).slope


if __name__ == "__main__":
    sys.exit(main())
