"""The numbers of the stack at one moment, and what changed between two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resilience.telemetry.scrape import Sample, samples

DURATION = "http_server_request_duration_seconds"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The samples of one process at `at_s`, a time of the monotonic clock."""

    at_s: float
    samples: Sequence[Sample]

    @classmethod
    def read(cls, at_s: float, text: str) -> "Numbers":
        """From the text of /metrics."""
        return cls(at_s, samples(text))

    def sum(self, name: str, **labels: str) -> float:
        """The sum of all series of this name with these labels."""
        wanted = labels.items()
        return sum(
            each.value
            for each in self.samples
            if each.name == name and wanted <= each.labels.items()
        )

    def holding(self, name: str, label: str) -> str:
        """The value of the label whose series is 1; "" when there is none."""
        found = (each.labels[label] for each in self.samples if each.name == name and each.value)
        return next(found, "")

    def by(self, name: str, label: str) -> Mapping[str, float]:
        """The sum of the series of this name, for each value of a label."""
        sums: dict[str, float] = {}
        for each in self.samples:
            if each.name == name:
                sums[each.labels[label]] = sums.get(each.labels[label], 0.0) + each.value
        return sums


@dataclass(frozen=True, slots=True)
class Change:
    """What happened in one process between two moments."""

    before: Numbers
    after: Numbers

    def sum(self, name: str, **labels: str) -> int:
        """By how much a counter grew."""
        return round(self.after.sum(name, **labels) - self.before.sum(name, **labels))

    @property
    def per_s(self) -> float:
        """Requests served a second."""
        passed_s = self.after.at_s - self.before.at_s
        return self.sum(f"{DURATION}_count") / passed_s if passed_s else 0.0

    def quantile_s(self, share: float) -> float:
        """The time within which this share of the requests was served; 0 when there were none.

        As Prometheus works it out: evenly spread within a bucket.
        """
        before, after = (n.by(f"{DURATION}_bucket", "le") for n in (self.before, self.after))
        grown = sorted((float(le), count - before.get(le, 0.0)) for le, count in after.items())
        return _within(grown, share) if grown and grown[-1][1] else 0.0


def _within(buckets: Sequence[tuple[float, float]], share: float) -> float:
    wanted, low_s, below = share * buckets[-1][1], 0.0, 0.0
    for high_s, count in buckets:
        if count >= wanted and count > below:
            if high_s == float("inf"):
                return low_s
            return low_s + (high_s - low_s) * (wanted - below) / (count - below)
        low_s, below = high_s, count
    return low_s
