"""Every distinct text that the signals of a run hold, and where it was first seen."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LEAST_NUMBER = 100_000
"""Shorter numbers are no personal data."""


class Strings:
    """Names and values of fields, each once: what is searched for personal data.

    A search of a million records takes minutes, of what is new in them a second.
    """

    def __init__(self) -> None:
        self.places: dict[str, tuple[Path, int]] = {}
        self._shapes: set[tuple[str, ...]] = set()

    def note(self, fields: Mapping[str, Any], path: Path, line: int) -> None:
        """Note the names and values of one record's fields."""
        shape = tuple(fields)
        if shape not in self._shapes:
            self._shapes.add(shape)
            for name in shape:
                self.add(name, path, line)
        places = self.places
        for value in fields.values():
            kind = type(value)
            if kind is str:
                if value not in places:
                    places[value] = (path, line)
            elif (kind is int and value >= _LEAST_NUMBER) or kind is list or kind is dict:
                self.add(str(value), path, line)

    def add(self, text: str, path: Path, line: int) -> None:
        """Note one text."""
        self.places.setdefault(text, (path, line))
