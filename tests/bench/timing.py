"""Time of very short work, in this process."""

import gc
from collections.abc import Callable
from time import perf_counter_ns


def each_ns(work: Callable[[int], object], count: int) -> float:
    """Nanoseconds for one of `count` repetitions, which `work(count)` makes; best of three."""
    gc.collect()
    return min(_once(work, count) for _ in range(3)) / count


def _once(work: Callable[[int], object], count: int) -> int:
    started_ns = perf_counter_ns()
    work(count)
    return perf_counter_ns() - started_ns
