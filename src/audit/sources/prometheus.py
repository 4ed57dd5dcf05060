"""The newest values of all our series from Prometheus, as texts of /metrics."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import orjson

from audit.errors import Unreadable
from audit.sources.http import fetch

_ADDED = frozenset(("__name__", "instance", "job"))
"""Labels that Prometheus added to a series, or that name it."""


def read_prometheus(url: str, names: Iterable[str]) -> Mapping[tuple[str, str], str]:
    """By job and instance, the text of their series with these name prefixes. Raises Unreadable.

    The jobs are taken for the services.
    """
    pattern = "|".join(sorted(names))
    query = quote(f'{{__name__=~"({pattern}).*"}}')
    place = f"{url.rstrip('/')}/api/v1/query"
    try:
        found = orjson.loads(fetch(f"{place}?query={query}"))
        result = found["data"]["result"]
    except (ValueError, KeyError, TypeError):
        raise Unreadable(place, "not what Prometheus answers to a query") from None
    texts: dict[tuple[str, str], list[str]] = {}
    for series in result:
        labels = series["metric"]
        owner = (labels.get("job", ""), labels.get("instance", ""))
        texts.setdefault(owner, []).append(_line(labels, series["value"][1]))
    return {owner: "".join(lines) for owner, lines in texts.items()}


def _line(labels: Mapping[str, Any], value: str) -> str:
    own = (f"{k}={_quoted(v)}" for k, v in sorted(labels.items()) if k not in _ADDED)
    return f"{labels['__name__']}{{{','.join(own)}}} {value}\n"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'"{escaped}"'
