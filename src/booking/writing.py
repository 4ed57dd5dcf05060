"""Files that a command was asked to write."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Write the file in here; one that cannot be written ends the command with a sentence and 2."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        click.echo(f"{path} cannot be written: {reason}; choose another file.", err=True)
        sys.exit(2)
