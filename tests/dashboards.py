"""The committed dashboards as tests read them: panels, queries, and what they name."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parents[1] / "dashboards" / "grafana" / "dashboards"
PROVISIONED = PLACE.parent / "provisioning"
LANGUAGES = {"prometheus": "metrics", "jaeger": "traces", "loki": "logs"}

_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`|'(?:[^'\\]|\\.)*'")
_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{([^}]*)\})")
_INSIDE = re.compile(r"\{[^}]*\}|\[[^\]]*\]|\boffset \S+")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_WORD = re.compile(r"\b([a-zA-Z_:][a-zA-Z0-9_:]*)\b(?!\s*\()")
_MATCHER = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)")
_KEYWORDS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_OPERATORS = frozenset({"and", "or", "unless", "bool", "offset", "atan2"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of one panel."""

    board: str
    title: str
    ref: str
    language: str
    target: Mapping[str, Any]

    @property
    def expr(self) -> str:
        """The query as it is written, with variables."""
        return str(self.target.get("expr", ""))

    def __str__(self) -> str:
        return f"{self.board}: {self.title} {self.ref}"


def boards() -> Mapping[str, Mapping[str, Any]]:
    """Each dashboard by its uid."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(PLACE.iterdir())]
    return {each["uid"]: each for each in found}


def panels() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every panel but the rows, with the uid of its dashboard."""
    for uid, board in boards().items():
        for panel in board["panels"]:
            if panel["type"] != "row":
                yield uid, panel


def queries(*languages: str) -> list[Asked]:
    """Every query in these languages ("metrics", "traces", "logs")."""
    every = [
        Asked(uid, panel["title"], one["refId"], LANGUAGES[one["datasource"]["type"]], one)
        for uid, panel in panels()
        for one in panel.get("targets", ())
    ]
    return [asked for asked in every if asked.language in languages]


def without_texts(expr: str) -> str:
    """A PromQL expression with nothing between its quotes."""
    return _TEXT.sub('""', expr)


def named_metrics(expr: str) -> Mapping[str, frozenset[str]]:
    """The metrics of a PromQL expression, each with the labels that its selector names."""
    bare = without_texts(expr)
    found: dict[str, set[str]] = {}
    for name, inside in _SELECTOR.findall(bare):
        found.setdefault(name, set()).update(_MATCHER.findall(inside))
    outside = _GROUPING.sub(" ", _INSIDE.sub(" ", bare))
    for name in _WORD.findall(outside):
        if name not in _OPERATORS | _KEYWORDS and not name[0].isdigit():
            found.setdefault(name, set())
    return {name: frozenset(labels) for name, labels in found.items()}


def grouped_labels(expr: str) -> frozenset[str]:
    """The labels that a PromQL expression groups or matches by."""
    found = _GROUPING.findall(without_texts(expr))
    return frozenset(name.strip() for inside in found for name in inside.split(",") if name.strip())
