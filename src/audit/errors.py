"""What the audit raises."""

from pathlib import Path


class Unreadable(Exception):
    """A record cannot be read; the text names the file, the line, and what was expected."""

    def __init__(self, path: Path | str, problem: str, line: int = 0) -> None:
        place = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{place}: {problem}")


class Misused(Exception):
    """The audit was asked for something that it cannot do; the text says what to do instead."""
