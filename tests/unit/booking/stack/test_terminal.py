"""Tests of `booking.stack.terminal`, in a terminal of their own."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import booking

_LEAD = """
import fcntl, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(subprocess.run([sys.executable, "-c", sys.argv[1]]).returncode)
"""

_SHOW = """
import os
from booking.stack.terminal import own_foreground
before = os.tcgetpgrp(0)
with own_foreground():
    inside = (os.tcgetpgrp(0), os.getpgrp())
print(before == os.getppid(), inside == (os.getpid(), os.getpid()), os.tcgetpgrp(0) == before)
"""

_ALONE = """
import os
from booking.stack.terminal import own_foreground
before = os.getpgrp()
with own_foreground():
    print(os.getpgrp() == before)
"""


def in_terminal(code: str) -> str:
    """What a program prints whose parent, like make, leads the terminal's foreground."""
    ours, theirs = pty.openpty()
    try:
        return ran("-c", _LEAD, code, stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def ran(*words: str, stdin: int) -> str:
    """What Python prints, in a session of its own."""
    done = subprocess.run(
        [sys.executable, *words],
        stdin=stdin,
        capture_output=True,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(booking.__file__).parents[1])},
        timeout=20,
    )
    return done.stdout + done.stderr


def test_the_terminal_is_ours_inside_and_given_back() -> None:
    """Ctrl-C reaches the stack alone inside the block, and whoever started it afterwards."""
    assert in_terminal(_SHOW) == "True True True\n"


def test_without_a_terminal_nothing_is_changed() -> None:
    """In a pipe or a service there is no foreground to take."""
    assert ran("-c", _ALONE, stdin=subprocess.DEVNULL) == "True\n"
