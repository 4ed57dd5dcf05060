"""Mutate the policies and the recorder, one module after the other; see docs/mutants.md.

`python -m tests.mutants [MODULE ...]`: all modules unless some are named, each mutant against the
unit tests of its module alone. Exit code 1 when a survivor is not explained in docs/mutants.md.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.mutants.modules import TESTS
from tests.mutants.result import Result, read
from tests.mutants.tree import ROOT, build

EXPLAINED = ROOT / "docs/mutants.md"
WORK = ROOT / "var/mutants"


def main() -> int:
    """Run, print a line for each module and survivor, and say by the exit code if all is known."""
    parser = argparse.ArgumentParser(prog="make mutants ARGS=", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=" ".join(TESTS))
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.modules) - set(TESTS):
        parser.error(f"no such module: {sorted(unknown)}; there are: {' '.join(TESTS)}")
    explained = EXPLAINED.read_text("utf-8")
    new = 0
    for module in options.modules or TESTS:
        result = _run(module, options.processes)
        new += _tell(module, result, explained)
    print(f"{new} survivors that docs/mutants.md does not explain")
    return 1 if new else 0


def _run(module: str, processes: int) -> Result:
    tree = WORK / module.replace("/", ".")
    build(tree, module)
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    with (tree / "output.txt").open("w") as output:
        done = subprocess.run(
            [mutmut, "run", "--max-children", str(processes)],
            cwd=tree,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"mutmut failed on {module}: see {output.name}")
    return read(tree, module)


def _tell(module: str, result: Result, explained: str) -> int:
    total, timed_out, survivors = result
    share = 100 * result.killed / total
    print(f"{module}: {result.killed} of {total} killed ({share:.1f} %), {timed_out} by time")
    news = [line for line in survivors if f"`{line}`" not in explained]
    for line in survivors:
        print(f"  {'new ' if line in news else ''}`{line}`", flush=True)
    return len(news)


sys.exit(main())
