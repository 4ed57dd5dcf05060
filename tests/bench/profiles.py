"""Where the time goes: microseconds of each layer, and what the interpreter's profiler saw."""

import cProfile
import gc
import io
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from .machine import processors

Work = Callable[[int], object]
_ROUNDS = 5
_TOP = 25


def layers(cases: Mapping[str, Work], count: int) -> None:
    """Print the processor time of each case, and what it adds to the one before."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for work in cases.values():
        work(max(1, count // 10))
    for _ in range(_ROUNDS):
        for name, work in cases.items():
            found[name].append(_cpu_us(work, count // _ROUNDS))
    before = 0.0
    print(f"{'us':>8} {'added':>8}   processor time of one, median of {_ROUNDS} interleaved rounds")
    for name, figures in found.items():
        middle = median(figures)
        print(f"{middle:8.1f} {middle - before:+8.1f}   {name}")
        before = middle


def units(cases: Mapping[str, Callable[[], object]], count: int) -> None:
    """Print the processor time of each case by itself."""
    for name, unit in cases.items():
        figures = [_cpu_us(_repeated(unit), count) for _ in range(_ROUNDS)]
        print(f"{median(figures):8.2f}   {name}")


def hot(title: str, work: Work, count: int) -> None:
    """Print the functions that took most of the time of this thread."""
    profiler = cProfile.Profile()
    gc.collect()
    profiler.enable()
    work(count)
    profiler.disable()
    for order in ("tottime", "cumtime"):
        text = io.StringIO()
        pstats.Stats(profiler, stream=text).strip_dirs().sort_stats(order).print_stats(_TOP)
        _, _, lines = text.getvalue().partition("ncalls")
        print(f"\n{title}: {count} times, by {order}\nncalls{lines.rstrip()}")


def profile(start: Callable[[Path, int], None], count: int) -> None:
    """Make the profile in a directory of its own, on the one processor that a server has.

    On more, threads that wait for the interpreter's lock would look busy.
    """
    os.sched_setaffinity(0, processors()[0])
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        start(Path(directory), count)
    sys.stdout.flush()


def _repeated(unit: Callable[[], object]) -> Work:
    def work(count: int) -> None:
        for _ in range(count):
            unit()

    return work


def _cpu_us(work: Work, count: int) -> float:
    gc.collect()
    started_s = time.process_time()
    work(count)
    return (time.process_time() - started_s) / count * 1e6
