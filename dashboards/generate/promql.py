"""Pieces of PromQL that all dashboards write in the same way.

Every query looks only at the chosen jobs. A rate covers `$__rate_interval`, which is never less
than four scrapes; a share of nothing is no data, and a share of something in which nothing
happened is 0.
"""

JOB = 'job=~"$job"'
RATE = "$__rate_interval"
RANGE = "$__range"


def select(metric: str, *matchers: str) -> str:
    """The series of a metric of the chosen jobs."""
    return f"{metric}{{{', '.join((JOB, *matchers))}}}"


def total(metric: str, *matchers: str, by: str = "job") -> str:
    """The sum of the present values."""
    return f"sum by ({by}) ({select(metric, *matchers)})"


def rate(metric: str, *matchers: str, by: str = "job") -> str:
    """Increments a second."""
    return f"sum by ({by}) (rate({select(metric, *matchers)}[{RATE}]))"


def increase(metric: str, *matchers: str, by: str = "job", over: str = RANGE) -> str:
    """Increments within the time that the dashboard shows, or within `over`."""
    return f"sum by ({by}) (increase({select(metric, *matchers)}[{over}]))"


def ratio(part: str, whole: str) -> str:
    """The share of a part; no data while the whole is 0, and 0 where there is no such part."""
    return f"({part} or {whole} * 0) / ({whole} > 0)"


def quantile(share: float, histogram: str, *matchers: str, by: str = "job") -> str:
    """The time that this share of what was measured kept to; no data where nothing was."""
    buckets = rate(f"{histogram}_bucket", *matchers, by=f"le, {by}")
    return f"histogram_quantile({share:g}, {buckets}) >= 0"


def seen(expr: str, metric: str, by: str) -> str:
    """The expression, for those labels alone of which anything was counted in the time shown."""
    return f"{expr} and {increase(metric, by=by)} > 0"
