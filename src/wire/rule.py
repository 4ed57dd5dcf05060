"""A rule: which requests meet which fault."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wire.checks import (
    build,
    require,
    require_integer,
    require_list,
    require_number,
    require_object,
    require_pattern,
    require_text,
    require_token,
)
from wire.faults import Fault, Refuse, fault_from_dict


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a rule looks at: method, path without query, headers by lower-case name."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One fault for some occurrences of the requests that match.

    method, header_name: "" matches any. path: a regex for the whole path without query.
    header_value: None matches any value. Exactly one of these says which occurrences:
    `nth` (1-based), `every`, or `probability` (drawn from the plan's seed). Occurrences are
    all requests that match, also those that an earlier rule took.
    Raises Misconfigured when a member is wrong.
    """

    fault: Fault
    method: str = ""
    path: str = ".*"
    header_name: str = ""
    header_value: str | None = None
    nth: tuple[int, ...] = ()
    every: bool = False
    probability: float | None = None

    def __post_init__(self) -> None:
        wrong = f"fault is {self.fault!r}"
        require(isinstance(self.fault, Fault), wrong, "a Fault", "give one of the faults")
        self._check_match()
        self._check_occurrences()
        anything = (self.method, self.path, self.header_name) == ("", ".*", "")
        wrong = "a refuse rule matches by method, path or header"
        expected = "none of them, because it is decided before anything is read"
        remedy = "leave them out, or use reset"
        require(anything or not isinstance(self.fault, Refuse), wrong, expected, remedy)

    def _check_match(self) -> None:
        require_pattern("path", self.path)
        for name in ("method", "header_name"):
            if getattr(self, name) != "":
                require_token(name, getattr(self, name))
        if self.header_value is not None:
            require_text("header_value", self.header_value)
            remedy = "add header_name"
            require(self.header_name != "", "header_value has no header_name", "both", remedy)

    def _check_occurrences(self) -> None:
        wrong = f"nth is {self.nth!r}"
        remedy = "write for example (1, 2)"
        require(isinstance(self.nth, tuple), wrong, "a tuple of whole numbers", remedy)
        for number in self.nth:
            require_integer("nth", number, least=1)
        if self.probability is not None:
            require_number("probability", self.probability, least=0, most=1)
        wrong = f"every is {self.every!r}"
        require(isinstance(self.every, bool), wrong, "true or false", "correct it")
        given = (bool(self.nth), self.every, self.probability is not None)
        wrong = f"a rule has {sum(given)} of nth, every and probability"
        require(sum(given) == 1, wrong, "exactly one", 'say for example "nth": [1]')

    def matches(self, seen: Seen | None) -> bool:
        """Say whether the rule is about this request, or (None) about a new connection."""
        if seen is None or isinstance(self.fault, Refuse):
            return seen is None and isinstance(self.fault, Refuse)
        return (
            self.method in ("", seen.method)
            and self._header_matches(seen.headers)
            and re.fullmatch(self.path, seen.path) is not None
        )

    def _header_matches(self, headers: Mapping[str, str]) -> bool:
        if not self.header_name:
            return True
        value = headers.get(self.header_name.lower())
        return value is not None and self.header_value in (None, value)

    def fires(self, occurrence: int, draw: float) -> bool:
        """Say whether this occurrence (1-based) is hit; `draw` is from 0 up to 1."""
        if self.probability is not None:
            return draw < self.probability
        return self.every or occurrence in self.nth

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON members, without those at their defaults."""
        members = {
            "method": self.method,
            "path": self.path if self.path != ".*" else "",
            "header_name": self.header_name,
            "nth": list(self.nth),
            "every": self.every,
        }
        optional = {"header_value": self.header_value, "probability": self.probability}
        kept = {key: value for key, value in members.items() if value}
        kept |= {key: value for key, value in optional.items() if value is not None}
        return kept | {"fault": self.fault.to_dict()}


def rule_from_dict(data: object, where: str) -> Rule:
    """Read a rule from JSON members; raises Misconfigured that names the place `where`."""
    members = require_object(where, data)
    if "fault" in members:
        members["fault"] = fault_from_dict(members["fault"], f"{where}.fault")
    if "nth" in members:
        members["nth"] = tuple(require_list(f"{where}.nth", members["nth"]))
    return build(Rule, members, where)
