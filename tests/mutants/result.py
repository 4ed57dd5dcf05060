"""What became of the mutants of one module."""

import difflib
import json
import re
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from tests.mutants.tree import source_of

ALIVE = ("survived", "no tests")
DEAD = ("killed", "timeout")


class Result(NamedTuple):
    """How many mutants there were, how many of them timed out, and a line for each survivor."""

    total: int
    timed_out: int
    survivors: tuple[str, ...]

    @property
    def killed(self) -> int:
        """How many mutants the tests noticed."""
        return self.total - len(self.survivors)


def read(tree: Path, module: str) -> Result:
    """The result of the run in `tree`; raises ValueError when mutants are undecided."""
    source = source_of(module)
    meta = tree / "mutants" / f"{source}.meta"
    codes: dict[str, int | None] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    status = {name: status_by_exit_code[code] for name, code in codes.items()}
    undecided = {name: state for name, state in status.items() if state not in ALIVE + DEAD}
    if undecided:
        raise ValueError(f"{module}: undecided mutants, run again: {undecided}")
    with chdir(tree):
        lines = [_line(name, source) for name, state in status.items() if state in ALIVE]
    return Result(len(status), list(status.values()).count("timeout"), tuple(lines))


def _line(mutant: str, source: Path) -> str:
    """The function and what changed in it, such as `RetryBudget.allows: "a > b" -> "a >= b"`."""
    diff = get_diff_for_mutant(mutant, path=source).splitlines()[3:]
    left = " ".join(line[1:].strip() for line in diff if line.startswith("-"))
    right = " ".join(line[1:].strip() for line in diff if line.startswith("+"))
    return f"{_function(mutant)}: {shortened(left, right)}"


def _function(mutant: str) -> str:
    name = mutant.rpartition(".")[2].rpartition("__mutmut_")[0]
    return re.sub("^x_?", "", name).replace("ǁ", ".").removeprefix(".")


def shortened(left: str, right: str) -> str:
    """Both sides of a change, without the words far from it."""
    a, b = left.split(), right.split()
    [*blocks] = difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    changed = [block for block in blocks if block[0] != "equal"]
    first, last = changed[0], changed[-1]
    old = a[max(0, first[1] - 4) : last[2] + 3]
    new = b[max(0, first[3] - 4) : last[4] + 3]
    return f"{' '.join(old)} → {' '.join(new)}"
