"""Processor time of a protected call that succeeds."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import fmean

from .harness import Broken, Plan, Round, Row, Target, Values
from .machine import processors

CASES = ("ours", "floor", "peers")
_WARM_UP = 300
_EACH_TURN = 256
"""Calls by turns, as many as fill a batch of our spans: a shared machine changes its speed."""


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Start a process for each case."""
    workers = {case: _start(plan, case) for case in CASES}
    try:
        for worker in workers.values():
            _ask(worker, _WARM_UP)
        turns = max(1, round(2 * plan.seconds))

        def one_round() -> Values:
            found: dict[str, list[float]] = {case: [] for case in CASES}
            for _ in range(turns):
                for case in plan.shuffled(CASES):
                    found[case].append(_ask(workers[case], _EACH_TURN))
            return {case: fmean(found[case]) for case in CASES}

        yield one_round
    finally:
        for worker in workers.values():
            worker.communicate(timeout=20)


def _start(plan: Plan, case: str) -> "subprocess.Popen[str]":
    processor, _ = processors()
    log = plan.directory / f"outbound-{case}.log"
    return subprocess.Popen(
        [sys.executable, "-m", "bench.outbound_cases", case, str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, processor),
    )


def _ask(worker: "subprocess.Popen[str]", count: int) -> float:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(f"{count}\n")
    worker.stdin.flush()
    answer = worker.stdout.readline()
    if not answer:
        raise Broken(f"the worker ended with exit status {worker.wait()}")
    return float(answer)


ROW = Row(
    name="outbound",
    work="processor time of a protected call that succeeds, transport that answers at once, "
    "official instrumentation on (an attempt makes its span itself), spans encoded; "
    "floor: Session.get; "
    "peers: the same instrumentation, tenacity and pybreaker",
    unit="us",
    targets=(Target(to="floor", now=0.45, end=0.12, at_most=True, peers=("peers", "floor")),),
    start=start,
)
