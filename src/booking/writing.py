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


def write_or_print(text: str, path: Path | None) -> None:
    """Write a page to the file, and say so; without a file, print it."""
    if path is None:
        click.echo(text, nl=False)
        return
    with writing(path):
        path.write_text(text, encoding="utf-8")
    click.echo(f"Wrote {path}")
