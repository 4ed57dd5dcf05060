"""JSON of whatever was given: no value that somebody wrote can lose a line or a batch."""

from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

_DEEPEST = 8
_WIDEST_INTEGER_BITS = 63


def to_json(value: Any, option: int = 0) -> bytes:
    """The value as JSON in UTF-8; what JSON cannot say is replaced, not refused.

    Objects become the names of their types, because their text may hold what a person typed.
    """
    try:
        made = orjson.dumps(value, default=_name_of, option=option)
    except TypeError:  # a lone surrogate, a huge integer, a circle, an odd key
        made = orjson.dumps(plain(value), option=option)
    # A copy, since orjson's own bytes keep the buffer they were written to: 4 KiB and more.
    return b"%b" % made


def plain(value: Any, depth: int = 0) -> Any:
    """A copy that JSON can say: escaped surrogates, bounded depth, names instead of objects."""
    if isinstance(value, Enum):
        return plain(value.value, depth)
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int) and value.bit_length() > _WIDEST_INTEGER_BITS:
        return f"integer of {value.bit_length()} bits"
    if value is None or isinstance(value, bool | int | float | orjson.Fragment):
        return value
    if isinstance(value, date | time | UUID):
        return str(value)
    return _plain_container(value, depth)


def _plain_container(value: Any, depth: int) -> Any:
    if depth >= _DEEPEST:
        return _name_of(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(held, depth + 1) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held, depth + 1) for held in value]
    return _name_of(value)


def _key(key: Any) -> str:
    said = plain(key, _DEEPEST)
    return said if isinstance(said, str) else str(said)


def _name_of(value: Any) -> str:
    return type(value).__name__
