"""Files with one JSON object a line."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from audit.errors import Unreadable

Skip = Callable[[int, bytes], None]
"""Is told of a line that is no JSON object, instead of an error: its number and its bytes."""


def objects(path: Path, skip: Skip | None = None) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of a file with the numbers of their lines. Raises Unreadable.

    Half a last line, left by a process that was killed, goes to `skip` like any other bad line;
    without `skip` the first bad line is an error.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                found = _object(line)
                if found is not None:
                    yield number, found
                elif skip is not None:
                    skip(number, line)
                elif line.strip():
                    raise Unreadable(path, f"expected a JSON object, not {line[:60]!r}", number)
    except OSError as error:
        raise Unreadable(path, str(error.strerror)) from None


def _object(line: bytes) -> Mapping[str, Any] | None:
    try:
        found = orjson.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
