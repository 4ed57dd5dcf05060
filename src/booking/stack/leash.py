"""Runs a part for as long as whoever started it lives: `python -m booking.stack.leash ...`.

The starter holds the other end of standard input. However the starter ends, the system closes
that end, and the part is told to stop as by SIGTERM: it drains, and nothing stays behind.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType


def main(command: Sequence[str]) -> int:
    """Run `-m MODULE ...` in this process, anything else as a program below it."""
    if command[0] == "-m":
        _watch(lambda: os.kill(os.getpid(), signal.SIGTERM))
        sys.argv = list(command[1:])
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        return 0
    return _below(command)


def _below(command: Sequence[str]) -> int:
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  # our own

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        program.terminate()

    signal.signal(signal.SIGTERM, end)
    _watch(program.terminate)
    return program.wait()


def _watch(when_alone: Callable[[], object]) -> None:
    def wait() -> None:
        while os.read(0, 4096):
            pass
        when_alone()

    threading.Thread(target=wait, name="leash", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
