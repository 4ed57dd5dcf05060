"""`python -m tests.simulate [--plans N] [--seed S] [--processes P]`: 1 when a plan fails."""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.simulate.batch import BATCH, Failure, Tally, explain, run
from tests.simulate.capture import capturing

_SAY_EVERY_S = 5.0
_EXPLAINED = 3
"""Failing plans that are shrunk and printed; the others are only counted."""


def main() -> int:
    """Play the plans, show progress, print what failed."""
    options = _parser().parse_args()
    seeds = range(options.seed, options.seed + options.plans)
    started_s = time.monotonic()
    total = Tally()
    said_s = started_s
    for tally in _tallies(seeds, options.processes):
        _add(total, tally)
        now_s = time.monotonic()
        if now_s - said_s >= _SAY_EVERY_S:
            said_s = now_s
            _say(f"{total.plans:,} of {options.plans:,} plans, {len(total.failures)} failed")
        if len(total.failures) >= options.enough:
            break
    took_s = time.monotonic() - started_s
    _report(total, seeds, took_s)
    if options.json:
        figures = {"operations": total.operations, "cpu_s": total.cpu_s, "took_s": took_s}
        print(json.dumps(figures))
    return 1 if total.failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--plans", type=int, default=20_000, help="how many (20000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first plan (1)")
    parser.add_argument("--processes", type=int, default=2, help="to share the work (2)")
    parser.add_argument("--enough", type=int, default=10, help="failures after which to stop (10)")
    parser.add_argument("--json", action="store_true", help="also print the figures as JSON")
    return parser


def _tallies(seeds: range, processes: int) -> Iterator[Tally]:
    """The tallies of all batches, as they are done."""
    if processes <= 1 or len(seeds) <= BATCH:
        with capturing() as capture:
            yield from run(seeds, capture)
        return
    parts = [seeds[start : start + 2 * BATCH] for start in range(0, len(seeds), 2 * BATCH)]
    with ProcessPoolExecutor(processes) as pool:
        waiting = [pool.submit(_part, part) for part in parts]
        try:
            for done in as_completed(waiting):
                yield from done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _part(seeds: range) -> list[Tally]:
    with capturing() as capture:
        return list(run(seeds, capture))


def _add(total: Tally, tally: Tally) -> None:
    total.plans += tally.plans
    total.operations += tally.operations
    total.cpu_s += tally.cpu_s
    total.failures += tally.failures
    total.met.update(tally.met)


def _report(total: Tally, seeds: range, took_s: float) -> None:
    for failure in sorted(total.failures)[:_EXPLAINED]:
        _say("\n" + _explained(failure))
    _say(f"\nseeds {seeds.start} to {seeds.stop - 1}; what was met:")
    for line in _lines(total.met.items()):
        _say(f"  {line}")
    _say(
        f"{total.plans:,} plans, {total.operations:,} operations in {took_s:.1f} s, "
        f"{total.operations / total.cpu_s:,.0f} a second of CPU per process: "
        f"{len(total.failures) or 'none'} failed"
    )


def _explained(failure: Failure) -> str:
    with capturing() as capture:
        return explain(failure, capture)


def _lines(met: Iterable[tuple[str, int]]) -> Iterator[str]:
    kinds: dict[str, list[str]] = {}
    for name, count in sorted(met):
        kind, _, value = name.partition(": ")
        kinds.setdefault(kind, []).append(f"{value} {count:,}")
    for kind, values in kinds.items():
        yield f"{kind}: {', '.join(values)}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
