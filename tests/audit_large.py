"""`python -m tests.audit_large DIRECTORY COUNT`: a balanced run of so many operations."""

import sys
from pathlib import Path

from tests.audit_play import Play

COURSES: tuple[tuple[str, ...], ...] = (
    *[("201",)] * 92,
    ("503", "201"),
    ("hang", "201"),
    ("drop", "201"),
    ("429", "201"),
    ("reset", "201"),
    ("refuse", "201"),
    ("503", "503", "201"),
    ("503", "503", "503", "503"),
)
"""How a hundred operations go: eight of them meet a fault."""
_AT_ONCE = 2000


def write(directory: Path, count: int) -> None:
    """Play and write the run; the memory needed does not grow with it."""
    play = Play()
    for number in range(count):
        play.book(*COURSES[number % len(COURSES)])
        if number % _AT_ONCE == 0:
            play.pour(directory)
    play.write(directory)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
