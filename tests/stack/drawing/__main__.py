"""Plays the run of the panels and draws dashboards of it: `python -m tests.stack.drawing`.

The pictures go to docs/pictures, or into the directory that is named.
"""

import sys
import tempfile
from pathlib import Path

from tests.stack.drawing.page import draw_board
from tests.stack.panel_run import PROGRAMS, PanelRun, Stretch, panel_run
from tests.stack.programs import find, missing

PLACE = Path(__file__).parents[3] / "docs" / "pictures"
ROWS = {
    "tallybook-overview": 44,
    "tallybook-retries": 41,
    "tallybook-breaker": 100,
    "tallybook-books": 44,
}
"""How much of each dashboard is drawn, in rows of its grid."""


def main(place: Path = PLACE) -> int:
    """Draw them; the exit status is 1 when a program is missing."""
    found = {name: find(name) for name in PROGRAMS}
    if lacking := [name for name, path in found.items() if path is None]:
        print(*map(missing, lacking), sep="\n", file=sys.stderr)
        return 1
    binaries = {name: path for name, path in found.items() if path}
    with tempfile.TemporaryDirectory() as directory, panel_run(binaries, Path(directory)) as run:
        draw_all(run, place)
    return 0


def draw_all(run: PanelRun, place: Path) -> None:
    """Draw the calm and the broken part of the run."""
    place.mkdir(parents=True, exist_ok=True)
    whole = Stretch(run.calm.begin_s, run.broken.end_s)
    for uid, rows in ROWS.items():
        draw_board(uid, run.where.prometheus, whole, place / f"{uid}.svg", rows)
        print(f"Drew {place / uid}.svg")


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
