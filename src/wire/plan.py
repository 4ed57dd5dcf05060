"""The plan: which requests meet which fault, decided purely from a seed and their order."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wire.checks import (
    Misconfigured,
    build,
    require_integer,
    require_list,
    require_object,
    require_pattern,
    require_token,
)
from wire.faults import Fault
from wire.rule import Rule, Seen, rule_from_dict

Counts = tuple[int, ...]


def digest(text: str) -> str:
    """Return "~" and the first 16 hex digits of the SHA-256 of a part of a path."""
    return f"~{hashlib.sha256(text.encode('latin-1')).hexdigest()[:16]}"


def _outermost_first(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], -span[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Gives the operation `name` to requests with this method ("" is any) and path (regex).

    What a group of the regex catches is in the ledger as "~" and a digest only: it may be a
    secret that opens what it names.
    """

    name: str
    path: str
    method: str = ""

    def __post_init__(self) -> None:
        require_token("name", self.name)
        require_pattern("path", self.path)
        if self.method:
            require_token("method", self.method)

    def matches(self, method: str, path: str) -> bool:
        """Say whether the whole path matches, and the method if one is given."""
        return self.method in ("", method) and re.fullmatch(self.path, path) is not None

    def shown(self, path: str) -> str:
        """Return a path that matches with digests for what the groups catch."""
        match = re.fullmatch(self.path, path)
        shown, at = "", 0
        for start, end in sorted(match.regs[1:] if match else (), key=_outermost_first):
            if start >= at:
                shown += path[at:start] + digest(path[start:end])
                at = end
        return shown + path[at:]

    def to_dict(self) -> dict[str, Any]:
        """Return the pattern as JSON members."""
        return {"name": self.name, "method": self.method, "path": self.path}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Rules in order (the first that fires wins), the seed, and names for operations.

    The empty plan injects nothing. Raises Misconfigured when a member is wrong.
    """

    rules: tuple[Rule, ...] = ()
    operations: tuple[Pattern, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        require_integer("seed", self.seed, least=0)

    def decide(self, seen: Seen | None, counts: Counts = ()) -> tuple[Fault | None, Counts]:
        """Say what befalls a request (or, for None, a new connection), and the counts after it.

        `counts` holds how often each rule has matched so far; () before the first.
        """
        before = counts or (0,) * len(self.rules)
        hits = tuple(rule.matches(seen) for rule in self.rules)
        after = tuple(count + hit for count, hit in zip(before, hits, strict=True))
        for index, rule in enumerate(self.rules):
            if hits[index] and rule.fires(after[index], self._draw(index, after[index])):
                return rule.fault, after
        return None, after

    def _draw(self, rule: int, occurrence: int) -> float:
        drawn = hashlib.sha256(f"{self.seed}:{rule}:{occurrence}".encode()).digest()
        return int.from_bytes(drawn[:6], "big") / 2**48

    def operation(self, method: str, path: str) -> str:
        """Return the name of the first pattern that matches, or ""."""
        pattern = self._pattern(method, path)
        return pattern.name if pattern else ""

    def shown(self, method: str, path: str) -> str:
        """Return the path as the ledger may hold it: what the pattern's groups catch is hidden."""
        pattern = self._pattern(method, path)
        return pattern.shown(path) if pattern else path

    def _pattern(self, method: str, path: str) -> Pattern | None:
        return next((each for each in self.operations if each.matches(method, path)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON members; `Plan.from_dict` reads them back."""
        rules = [rule.to_dict() for rule in self.rules]
        operations = [pattern.to_dict() for pattern in self.operations]
        return {"seed": self.seed, "operations": operations, "rules": rules}

    @classmethod
    def from_dict(cls, data: object, operations: tuple[Pattern, ...] = ()) -> "Plan":
        """Read a plan from JSON members; raises Misconfigured that names the place.

        `operations`: those of a plan that does not say any.
        """
        members = require_object("the plan", data)
        rules = require_list("rules", members.get("rules", []))
        patterns = require_list("operations", members.get("operations", []))
        members["rules"] = tuple(
            rule_from_dict(rule, f"rules[{n}]") for n, rule in enumerate(rules)
        )
        read = tuple(
            build(Pattern, require_object(f"operations[{n}]", each), f"operations[{n}]")
            for n, each in enumerate(patterns)
        )
        members["operations"] = read if "operations" in members else operations
        return build(cls, members, "the plan")

    @classmethod
    def from_json(cls, text: str | bytes, operations: tuple[Pattern, ...] = ()) -> "Plan":
        """Read a plan from JSON text, as `from_dict`; raises Misconfigured, also for no JSON."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Misconfigured(
                f"the plan is not JSON ({error}); correct it and try again."
            ) from None
        return cls.from_dict(data, operations)

    @classmethod
    def from_file(cls, path: str | Path) -> "Plan":
        """Read a plan from a JSON file; raises Misconfigured, or OSError if it cannot be read."""
        return cls.from_json(Path(path).read_bytes())
