"""A load run, too, notices what is planted into its services."""

import subprocess
import sys
from pathlib import Path

from tests.load.process import ROOT

BUG = "no-counter-retry-started"
BROKEN = ["L2", "L3", "L13"]


def test_a_load_run_with_a_planted_bug_fails(tmp_path: Path) -> None:
    """`make load ARGS="--bug ..."` ends with a failure that names the broken laws."""
    words = ("tests/load", "-k", "end_to_end and balance", "--bug", BUG, "--runs", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    laws = [line.split() for line in done.stdout.splitlines() if line.startswith(" L")]

    assert done.returncode == 1
    assert [words[0] for words in laws if words[1] == "failed"] == BROKEN
