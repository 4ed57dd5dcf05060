"""Plays the run, follows the spike and writes the page: `python -m tests.stack.walk`."""

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.stack.panel_run import PROGRAMS, observed_stack
from tests.stack.programs import find, missing
from tests.stack.walk.follow import Found, follow
from tests.stack.walk.page import DOCS, page
from tests.stack.walk.picture import draw_spike
from tests.stack.walk.scene import SETTINGS, play
from tests.stack.walk.words import indented, lines


def main(place: Path = DOCS) -> int:
    """Write it below `place`; the exit status is 1 when a program is missing."""
    programs = {name: find(name) for name in PROGRAMS}
    if lacking := [name for name, path in programs.items() if path is None]:
        print(*map(missing, lacking), sep="\n", file=sys.stderr)
        return 1
    binaries = {name: path for name, path in programs.items() if path}
    (place / "pictures").mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as directory,
        observed_stack(binaries, Path(directory), **SETTINGS) as stack,
    ):
        stretch = play(stack)
        found = follow(stack, stretch)
        draw_spike(found, stack.where, stretch, place / "pictures" / "observing-spike.svg")
    write(found, place)
    return 0


def write(found: Found, place: Path) -> None:
    """Write the page, and the whole answers beside it."""
    beside = place / "observing"
    beside.mkdir(exist_ok=True)
    (place / "observing.md").write_text(page(found), encoding="utf-8")
    files = {
        "trace.json": indented(found.trace) + "\n",
        "lines.jsonl": lines(found.lines),
        "ledger.jsonl": lines(map(asdict, found.ledger)),
    }
    for name, text in files.items():
        (beside / name).write_text(text, encoding="utf-8")
    print(f"Wrote {place / 'observing.md'}")


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
