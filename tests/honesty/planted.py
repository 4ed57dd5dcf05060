"""`python -m tests.honesty.planted BUG WORDS...`: `tallybook WORDS` with a planted bug in it."""

import sys

from tests.honesty.bugs import BUGS

from booking.cli import cli

if __name__ == "__main__":
    BUGS[sys.argv[1]].plant()
    cli(sys.argv[2:])
