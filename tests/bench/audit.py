"""The audit of a large run: how long it takes, and how much memory it needs at most."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .harness import Broken, Plan, Round, Row, Target, Values

ROOT = Path(__file__).parents[2]
_FULL, _QUICK = 100_000, 10_000


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Write a balanced run of 100,000 operations (10,000 with --quick)."""
    count = _QUICK if plan.rounds < 5 else _FULL
    directory = plan.directory / "audited"
    words = [sys.executable, "-m", "tests.audit_large", str(directory), str(count)]
    subprocess.run(words, cwd=ROOT, check=True)
    records = sum(_lines_of(path) for path in directory.rglob("*.jsonl"))

    def one_round() -> Values:
        seconds, memory_bytes = _audit(directory)
        plan.notes.append(f"{count:,} operations, {records:,} records")
        return {
            "seconds": seconds,
            "memory": memory_bytes / 1e6,
            "rate": records / seconds,
            "per_100k": seconds * _FULL / count,
        }

    yield one_round


def _audit(directory: Path) -> tuple[float, int]:
    """Seconds and peak memory of `tallybook audit`, which must find that the books balance."""
    words = [sys.executable, "-m", "booking", "audit", str(directory)]
    began_s = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Broken(f"the audit ended with {process.returncode}")
    return seconds, usage.ru_maxrss * 1024


def _lines_of(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


ROW = Row(
    name="audit",
    work="all laws on a run of 100,000 operations: under 60 s and 1,000 MB (10^6 bytes) at most",
    unit="s, MB, records/s, s for 100,000 operations",
    targets=(
        Target(of="per_100k", now=60.0, end=45.0, at_most=True),
        Target(of="memory", now=1000.0, end=800.0, at_most=True),
        Target(of="rate", now=20_000.0, end=40_000.0),
    ),
    start=start,
    once=True,
)
