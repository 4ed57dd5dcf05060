"""The very rules of `dashboards/rules`, with every duration made shorter by one factor.

So the alerts that are provoked in a minute are the expressions that wait an hour in production.
"""

import re
from pathlib import Path
from typing import Any

import yaml

UNITS_MS = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
_WHOLE = re.compile(rf"(?:{DURATION.pattern})+")
_TIMED_KEYS = frozenset({"for", "interval", "keep_firing_for"})
_STRING = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_IN_QUERY = re.compile(
    rf"(?P<string>{_STRING})"
    r"|(?P<open>\[)(?P<range>[^\]]*)(?P<close>\])"
    rf"|(?P<offset>\boffset\s+-?)(?P<by>{_WHOLE.pattern})"
)


def scale_duration(text: str, factor: float) -> str:
    """A duration such as `1h30m` times the factor, in whole milliseconds and at least one.

    Raises ValueError for what is no duration.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is no duration of Prometheus: expected for example 5m or 1h30m")
    total_ms = sum(int(number) * UNITS_MS[unit] for number, unit in DURATION.findall(text))
    return f"{max(1, round(total_ms * factor))}ms"


def scale_query(query: str, factor: float) -> str:
    """A PromQL expression with the durations of its ranges, subqueries and offsets scaled."""

    def scaled(match: re.Match[str]) -> str:
        if match["string"] is not None:
            return match["string"]
        if match["offset"] is not None:
            return match["offset"] + scale_duration(match["by"], factor)
        parts = match["range"].split(":")
        return "[" + ":".join(scale_duration(p, factor) if p else "" for p in parts) + "]"

    return _IN_QUERY.sub(scaled, query)


def scale_rules(content: Any, factor: float) -> Any:
    """The content of a rule file, scaled; names, labels, thresholds and texts stay as they are."""
    if isinstance(content, list):
        return [scale_rules(each, factor) for each in content]
    if not isinstance(content, dict):
        return content
    return {key: _scaled(key, value, factor) for key, value in content.items()}


def _scaled(key: str, value: Any, factor: float) -> Any:
    if key == "expr":
        return scale_query(value, factor)
    if key in _TIMED_KEYS:
        return scale_duration(value, factor)
    return scale_rules(value, factor) if key in ("groups", "rules") else value


def write_scaled(source: Path, target: Path, factor: float) -> None:
    """Write every rule file of a directory, scaled, into another."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.yml")):
        content = scale_rules(yaml.safe_load(path.read_text(encoding="utf-8")), factor)
        text = yaml.safe_dump(content, sort_keys=False, width=1000)
        (target / path.name).write_text(text, encoding="utf-8")
