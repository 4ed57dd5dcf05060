"""Legends, numbers with their units, and colours, as near to Grafana's as a picture needs."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

COLOURS = {
    "green": "#56a64b",
    "yellow": "#e0b400",
    "orange": "#e5820c",
    "red": "#d44a3a",
    "dark-red": "#9c1f14",
    "blue": "#3274d9",
    "purple": "#8f5bbf",
}
LINES = (
    "#3274d9",
    "#e5820c",
    "#56a64b",
    "#a352cc",
    "#d44a3a",
    "#1f9e9e",
    "#e0b400",
    "#8a8a8a",
    "#d6609c",
    "#5b4a3a",
)


def legend(form: str, labels: Mapping[str, str]) -> str:
    """The legend of a series: its labels filled into the form."""
    if not form:
        return ", ".join(f"{k}={v}" for k, v in labels.items() if k != "__name__")
    return re.sub(r"\{\{(\w+)\}\}", lambda m: labels.get(m[1], ""), form).strip()


def number(value: float, unit: str, decimals: int | None = None) -> str:
    """A value with its unit."""
    write = _UNITS.get(unit, _plain)
    return write(value, decimals)


def _plain(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _share(value: float, decimals: int | None) -> str:
    return f"{value * 100:.{1 if decimals is None else decimals}f} %"


def _seconds(value: float, decimals: int | None) -> str:
    if value and abs(value) < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.{decimals}f} s" if decimals is not None else f"{value:.3g} s"


def _bytes(value: float, decimals: int | None) -> str:
    del decimals
    return f"{value / 2**20:.4g} MiB"


def _ending(text: str) -> Callable[[float, int | None], str]:
    return lambda value, decimals: f"{_plain(value, decimals)}{text}"


_UNITS: Mapping[str, Callable[[float, int | None], str]] = {
    "percentunit": _share,
    "s": _seconds,
    "bytes": _bytes,
    "reqps": _ending("/s"),
    "ops": _ending("/s"),
    "cps": _ending("/s"),
    "wps": _ending("/s"),
    "cpm": _ending("/min"),
    "suffix:x": _ending("x"),
}


def colour_of(value: float, steps: Sequence[Mapping[str, Any]]) -> str:
    """The colour that the thresholds give to a value."""
    chosen = steps[0]["color"]
    for step in steps[1:]:
        if value >= step["value"]:
            chosen = step["color"]
    return COLOURS[chosen]


def mapped(value: float, mappings: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The word and the colour that a value is shown as, if it has one."""
    for mapping in mappings:
        if found := mapping["options"].get(f"{value:g}"):
            return str(found["text"]), COLOURS[found["color"]]
    return None
