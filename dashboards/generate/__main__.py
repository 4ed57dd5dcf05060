"""Writes the dashboards: `python -m dashboards.generate [directory]`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from dashboards.generate.booking import booking
from dashboards.generate.books import books
from dashboards.generate.breaker import breaker
from dashboards.generate.limits import limits
from dashboards.generate.overview import overview
from dashboards.generate.retries import retries
from dashboards.generate.runtime import runtime
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

ALL = (overview, retries, breaker, limits, booking, books, runtime)
PLACE = Path(__file__).parents[1] / "grafana" / "dashboards"


def text_of(made: Dashboard) -> str:
    """The dashboard as it is committed."""
    return json.dumps(made, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def files() -> Iterator[tuple[str, str]]:
    """Name and content of each file."""
    for make in ALL:
        made = make()
        yield f"{made.uid}.json", text_of(made)


def main(place: Path = PLACE) -> None:
    """Write every file into the directory."""
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files():
        (place / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"Wrote {place / name}\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
