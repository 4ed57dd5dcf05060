"""Many plans on one capture: the metrics are compared once for a batch, all else at each step."""

import gc
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.simulate.capture import Capture
from tests.simulate.draw import draw
from tests.simulate.plan import Plan, count_operations, describe
from tests.simulate.run import Books, Disagreement, play
from tests.simulate.shrink import shrink

BATCH = 200
"""Plans after which the metrics are read, which takes as long as a plan."""
EACH_STEP = 400
"""One plan in so many has everything read after every step."""


class Failure(NamedTuple):
    """A plan on which the two worlds differ."""

    seed: int
    found: Disagreement


@dataclass
class Tally:
    """What a run has done and met: `met` counts span names, stop reasons and transitions.

    `cpu_s`: what the processor worked for it, in seconds.
    """

    plans: int = 0
    operations: int = 0
    cpu_s: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)


def run(seeds: range, capture: Capture, *, operations: int = 20) -> Iterator[Tally]:
    """Play the plans of these seeds; after each batch, what that batch came to."""
    with _collecting_between_batches():
        for start in range(0, len(seeds), BATCH):
            began_s = time.process_time()
            plans = [draw(seed, operations) for seed in seeds[start : start + BATCH]]
            tally = _played(plans, capture)
            gc.collect()
            tally.cpu_s = time.process_time() - began_s
            yield tally


@contextmanager
def _collecting_between_batches() -> Iterator[None]:
    """The collector would look at every span and line that is kept for a moment."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def _played(plans: Sequence[Plan], capture: Capture) -> Tally:
    tally = Tally(len(plans), sum(map(count_operations, plans)))
    books = Books(capture)
    for plan in plans:
        if plan.seed % EACH_STEP and (found := play(plan, capture, books=books)):
            tally.failures.append(Failure(plan.seed, found))
    differences = books.differences()
    tally.met = books.met()
    for plan in plans:
        by_step = not plan.seed % EACH_STEP
        if (by_step or (differences and not tally.failures)) and (found := replay(plan, capture)):
            tally.failures.append(Failure(plan.seed, found))
    if differences and not tally.failures:
        tally.failures.append(Failure(plans[0].seed, Disagreement(0, differences)))
    return tally


def replay(plan: Plan, capture: Capture) -> Disagreement | None:
    """Play one plan with the metrics read after every step."""
    capture.counted()
    return play(plan, capture)


def explain(failure: Failure, capture: Capture, *, operations: int = 20) -> str:
    """The shrunk plan, what differs, and the command that replays it."""
    plan = draw(failure.seed, operations)
    if replay(plan, capture) is None:
        return f"seed {failure.seed} failed only among others: {failure.found}"
    small = shrink(plan, lambda each: replay(each, capture) is not None)
    command = f"make simulate SEED={failure.seed} PLANS=1"
    found = replay(small, capture)
    return f"{describe(small)}\n{found}\nreplay: {command}"
