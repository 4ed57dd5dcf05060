"""Checks whose errors say what was wrong, what was expected and what to do."""

import dataclasses
import math
import re
from collections.abc import Collection
from typing import Any, TypeVar

T = TypeVar("T")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Misconfigured(ValueError):
    """A plan or an option that cannot be carried out; the message says what to do."""


def require(ok: bool, wrong: str, expected: str, remedy: str) -> None:
    """Raise Misconfigured with one sentence unless `ok`."""
    if not ok:
        raise Misconfigured(f"{wrong}; expected {expected}; {remedy}.")


def require_number(name: str, value: object, *, least: float, most: float = math.inf) -> None:
    """Raise Misconfigured unless `value` is a finite number within [least, most]."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fits = number and math.isfinite(value) and least <= value <= most  # type: ignore[operator, arg-type]  # a number
    limits = f"at least {least}" if most == math.inf else f"from {least} to {most}"
    require(fits, f"{name} is {value!r}", f"a number {limits}", f"correct {name}")


def require_integer(name: str, value: object, *, least: int, most: float = math.inf) -> None:
    """Raise Misconfigured unless `value` is a whole number within [least, most]."""
    whole = isinstance(value, int)
    require(
        whole, f"{name} is {value!r}", "a whole number", "write it without a fraction or quotes"
    )
    require_number(name, value, least=least, most=most)


def require_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Raise Misconfigured unless `value` is one of `choices`."""
    known = isinstance(value, str) and value in choices
    require(known, f"{name} is {value!r}", f"one of {', '.join(choices)}", "choose one of them")


def require_pattern(name: str, value: object) -> None:
    """Raise Misconfigured unless `value` is a regular expression that compiles."""
    require(
        isinstance(value, str), f"{name} is {value!r}", "a regular expression", "write a string"
    )
    try:
        re.compile(str(value))
    except re.error as error:
        wrong = f"{name} {value!r} does not compile ({error})"
        require(False, wrong, "a regular expression", "escape its special characters")


def require_token(name: str, value: object) -> None:
    """Raise Misconfigured unless `value` is an HTTP token (a method or a header's name)."""
    token = isinstance(value, str) and TOKEN.fullmatch(value) is not None
    require(token, f"{name} is {value!r}", "an HTTP token such as GET or X-Name", f"correct {name}")


def require_text(name: str, value: object) -> None:
    """Raise Misconfigured unless `value` is one line of latin-1 text without control characters."""
    text = isinstance(value, str) and re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", value) is not None
    require(text, f"{name} is {value!r}", "one line of latin-1 text", "remove other characters")


def require_object(where: str, data: object) -> dict[str, Any]:
    """Return `data`, a JSON object, or raise Misconfigured."""
    fine = isinstance(data, dict) and all(isinstance(key, str) for key in data)
    kind = type(data).__name__
    require(fine, f"{where} is of type {kind}", "a JSON object", "write it as {...}")
    return dict(data)  # type: ignore[call-overload, no-any-return]  # checked above


def require_list(where: str, data: object) -> list[Any]:
    """Return `data`, a JSON array, or raise Misconfigured."""
    kind = type(data).__name__
    fine = isinstance(data, (list, tuple))
    require(fine, f"{where} is of type {kind}", "a JSON array", "write it as [...]")
    return list(data)  # type: ignore[call-overload, no-any-return]  # checked above


def build(cls: type[T], members: dict[str, Any], where: str) -> T:
    """Make a `cls` (a dataclass) of JSON members; errors name the place `where`."""
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # a dataclass
    known = sorted(field.name for field in fields)
    missing = dataclasses.MISSING
    needed = {f.name for f in fields if f.default is missing and f.default_factory is missing}
    unknown, absent = sorted(members.keys() - set(known)), sorted(needed - members.keys())
    allowed = f"only {', '.join(known)}" if known else "no members besides name"
    require(not unknown, f"{where} has the unknown member {unknown[:1]}", allowed, "remove it")
    require(
        not absent, f"{where} lacks {', '.join(absent)}", ", ".join(known), "add what is missing"
    )
    try:
        return cls(**members)
    except Misconfigured as error:
        raise Misconfigured(f"{where}: {error}") from None
