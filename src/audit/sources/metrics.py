"""The scrapes of one life."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from audit.errors import Unreadable
from resilience.telemetry.scrape import BadLine, Sample, samples

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scrape:
    """What `/metrics` of one life said when it was last asked."""

    by_name: Mapping[str, Sequence[Sample]]
    at_s: float | None = None

    def counts(self, name: str, labels: Sequence[str]) -> Counter[Labels]:
        """The counts of a sample by these labels, added up over all others; zeros left out."""
        found: Counter[Labels] = Counter()
        for sample in self.by_name.get(name, ()):
            if sample.value:
                found[tuple([sample.labels.get(n, "") for n in labels])] += int(sample.value)
        return found

    def known(self, name: str, label: str) -> frozenset[str]:
        """The values that a label has in the series of a sample, at zero or not."""
        return frozenset(s.labels.get(label, "") for s in self.by_name.get(name, ()))

    def total(self, name: str, **labels: str) -> float:
        """The sum over all series with these labels; 0.0 for none."""
        wanted = labels.items()
        return sum(s.value for s in self.by_name.get(name, ()) if wanted <= s.labels.items())

    def __contains__(self, name: str) -> bool:
        """Whether there is any series of this name."""
        return name in self.by_name


@dataclass(frozen=True, slots=True)
class Scrapes:
    """All scrapes of one life: the last in full, of the others their texts' paths."""

    last: Scrape
    paths: tuple[Path, ...] = ()
    times_s: tuple[float, ...] = field(default=())


def read_scrapes(folder: Path) -> Scrapes | None:
    """The scrapes of one life; None when the last of them says nothing. Raises Unreadable."""
    paths = tuple(sorted(folder.glob("*.prom")))
    last = read_scrape(paths[-1]) if paths else None
    if not last:
        return None
    times_s = _times(folder / "times.json", len(paths))
    at_s = times_s[-1] if times_s else None
    return Scrapes(Scrape(last, at_s), paths, times_s)


def read_scrape(path: Path) -> Mapping[str, Sequence[Sample]]:
    """The samples of one scrape by name. Raises Unreadable."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Unreadable(path, str(error)) from None
    return parse_scrape(text, path)


def parse_scrape(text: str, place: Path | str) -> Mapping[str, Sequence[Sample]]:
    """The samples of what `place` said, by name. Raises Unreadable."""
    found: dict[str, list[Sample]] = {}
    try:
        for sample in samples(text):
            found.setdefault(sample.name, []).append(sample)
    except BadLine as error:
        raise Unreadable(place, str(error), error.line) from None
    return found


def _times(path: Path, count: int) -> tuple[float, ...]:
    if not path.exists():
        return ()
    try:
        found = tuple(float(time_s) for time_s in orjson.loads(path.read_bytes()))
    except (TypeError, ValueError) as error:
        raise Unreadable(path, f"expected a list of seconds ({error})") from None
    if len(found) < count:
        raise Unreadable(path, f"expected {count} times, one for each scrape, not {len(found)}")
    return found
