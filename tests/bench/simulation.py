"""The simulation in virtual time, in a process of its own, by a second of its CPU time."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .harness import Broken, Plan, Round, Row, Target, Values

_ROOT = Path(__file__).parents[2]


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Play other plans in each round."""
    plans = int(100 * plan.seconds)
    seeds = iter(range(1, 1_000_000, plans))

    def one_round() -> Values:
        command = ["--plans", str(plans), "--seed", str(next(seeds)), "--processes", "1", "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulate", *command],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Broken(f"the simulation failed:\n{done.stderr}")
        figures = json.loads(done.stdout)
        return {"ours": figures["operations"] / figures["cpu_s"]}

    yield one_round


ROW = Row(
    name="simulation",
    work="operations of the protected session in virtual time, each compared with the model",
    unit="operations/s of CPU",
    targets=(Target(now=2000, end=4000),),
    start=start,
)
