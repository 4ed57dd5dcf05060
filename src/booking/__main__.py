"""Where the command `tallybook` begins: loading all of it takes a second, in which to stop it."""

import signal
import sys
from types import FrameType
from typing import NoReturn


def main() -> None:
    """Load the command and run it; SIGTERM and the end of the terminal end it as Ctrl-C does.

    Exits with 130 when that happens before a command has begun, which ends in its own way.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        from booking.cli import cli

        cli()
    except KeyboardInterrupt:
        print("Stopped before it began.", file=sys.stderr)  # noqa: T201  # click may not be there
        sys.exit(130)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
