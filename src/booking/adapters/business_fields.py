"""One table of the business file, read field by field with errors a person can act on."""

from collections.abc import Sequence
from typing import Any

TEXT_MAX_CHARS = 200
ITEMS_MAX = 200


class BusinessFileError(ValueError):
    """What is wrong in the business file: `source`, `key`, and what was expected there."""

    def __init__(self, source: str, key: str, wrong: str, expected: str) -> None:
        super().__init__(
            f"{source}: {key}: {wrong}; expected {expected}; correct the file and start again"
        )
        self.source = source
        self.key = key
        self.expected = expected


class Fields:
    """The fields of the table at `path`, each of which may be read once it is checked."""

    def __init__(self, source: str, path: str, table: dict[str, Any]) -> None:
        self._source = source
        self._path = path
        self._table = table
        self._known: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Whether the table has this field."""
        return name in self._table

    def wrong(self, name: str, wrong: str, expected: str) -> BusinessFileError:
        """The error that names the field."""
        key = ".".join(part for part in (self._path, name) if part)
        return BusinessFileError(self._source, key, wrong, expected)

    def text(self, name: str) -> str:
        """A text of 1 to 200 printable characters."""
        value = self._value(name)
        if isinstance(value, str) and value.isprintable() and 0 < len(value) <= TEXT_MAX_CHARS:
            return value
        raise self.wrong(
            name, f"it is {value!r:.60}", f"a text of 1 to {TEXT_MAX_CHARS} printable characters"
        )

    def whole(self, name: str, *, lowest: int, highest: int, multiple_of: int = 1) -> int:
        """A whole number within these bounds."""
        value = self._value(name)
        if type(value) is int and lowest <= value <= highest and value % multiple_of == 0:
            return value
        multiples = f" and a multiple of {multiple_of}" if multiple_of > 1 else ""
        raise self.wrong(
            name, f"it is {value!r:.60}", f"a whole number from {lowest} to {highest}{multiples}"
        )

    def table(self, name: str) -> "Fields":
        """A table inside this one."""
        return self._inner(name, name, self._value(name))

    def tables(self, name: str) -> Sequence["Fields"]:
        """The tables of a list."""
        return [
            self._inner(name, f"{name}[{index}]", each)
            for index, each in enumerate(self.sequence(name))
        ]

    def sequence(self, name: str) -> Sequence[Any]:
        """A list with something in it."""
        value = self._value(name)
        if isinstance(value, list) and 0 < len(value) <= ITEMS_MAX:
            return value
        raise self.wrong(name, f"it is {value!r:.60}", f"a list of 1 to {ITEMS_MAX} entries")

    def nothing_else(self) -> None:
        """Refuse fields that nobody read: they are misspelt."""
        unknown = sorted(set(self._table) - self._known)
        if unknown:
            known = ", ".join(sorted(self._known)) or "nothing"
            raise self.wrong(unknown[0], "there is no such field", f"one of: {known}")

    def _inner(self, name: str, path: str, value: Any) -> "Fields":
        if not isinstance(value, dict):
            raise self.wrong(name, f"it is {value!r:.60}", "a table")
        return Fields(self._source, f"{self._path}.{path}" if self._path else path, value)

    def _value(self, name: str) -> Any:
        self._known.add(name)
        if name not in self._table:
            raise self.wrong(name, "it is missing", "a value")
        return self._table[name]
