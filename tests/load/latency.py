"""Latencies as HDR histograms: three digits from a microsecond to ten minutes."""

from collections.abc import Iterable
from dataclasses import dataclass

from hdrh.histogram import HdrHistogram

_MOST_US = 600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds from the intended start to the end of the answer."""

    count: int
    p50_s: float
    p95_s: float
    p99_s: float
    most_s: float

    def __str__(self) -> str:
        """For the progress line."""
        return (
            f"{self.count} answers, p50 {self.p50_s:.3f} s, p95 {self.p95_s:.3f} s,"
            f" p99 {self.p99_s:.3f} s, most {self.most_s:.3f} s"
        )


def latency(values_s: Iterable[float]) -> Latency:
    """The histogram of these latencies; zeros when there are none."""
    histogram = HdrHistogram(1, _MOST_US, 3)
    for value_s in values_s:
        histogram.record_value(min(max(round(value_s * 1e6), 1), _MOST_US))
    p50, p95, p99 = (histogram.get_value_at_percentile(p) / 1e6 for p in (50, 95, 99))
    return Latency(
        count=histogram.get_total_count(),
        p50_s=p50,
        p95_s=p95,
        p99_s=p99,
        most_s=histogram.get_max_value() / 1e6,
    )
