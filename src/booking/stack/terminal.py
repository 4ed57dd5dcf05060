"""Ctrl-C reaches the stack alone, so that it can drain while `make` waits for it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_foreground() -> Iterator[None]:
    """Be the terminal's foreground process group inside the block, when there is a terminal."""
    if not (sys.stdin.isatty() and os.tcgetpgrp(0) == os.getpgrp()) or os.getpid() == os.getpgrp():
        yield
        return
    group = os.getpgrp()
    ignored = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    try:
        yield
    finally:
        os.tcsetpgrp(0, group)
        signal.signal(signal.SIGTTOU, ignored)
