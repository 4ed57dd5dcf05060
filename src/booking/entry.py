"""Where the command `tallybook` begins: loading all of it takes a second, in which to stop it."""

import sys


def main() -> None:
    """Load the command and run it; exits with 130 when it is stopped before it began."""
    try:
        from booking.cli import main as begin
    except KeyboardInterrupt:
        print("Stopped before it began.", file=sys.stderr)  # noqa: T201  # click is not there yet
        sys.exit(130)
    begin()
