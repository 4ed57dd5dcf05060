"""Open-loop load: everything begins when it is due, however slow the answers are."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tests.load.latency import latency
from tests.load.records import Records

Work = Callable[[float], Awaitable[None]]
"""Does what is due at that second of the run."""

Say = Callable[[str], None]
SAY_EVERY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A piece of work and when it begins, in seconds after the load has begun."""

    at_s: float
    work: Work


def poisson(rate: float, for_s: float, draw: random.Random) -> Iterator[float]:
    """Arrivals at random, `rate` a second on average."""
    at_s = draw.expovariate(rate)
    while at_s < for_s:
        yield at_s
        at_s += draw.expovariate(rate)


def evenly(rate: float, for_s: float) -> Iterator[float]:
    """Arrivals at equal distances."""
    return (number / rate for number in range(int(rate * for_s)))


async def drive(records: Records, dues: Sequence[Due], say: Say) -> None:
    """Begin each work when it is due and wait for all of them, with a line now and then.

    Raises what a work raised, once all have ended.
    """
    began_s = records.now_s()
    progress = asyncio.create_task(_progress(records, len(dues), began_s, say))
    running = []
    for due in sorted(dues, key=lambda due: due.at_s):
        intended_s = began_s + due.at_s
        await asyncio.sleep(max(0.0, intended_s - records.now_s()))
        running.append(asyncio.ensure_future(due.work(intended_s)))
    ended = await asyncio.gather(*running, return_exceptions=True)
    progress.cancel()
    with suppress(asyncio.CancelledError):
        await progress
    say(_summary(records, began_s))
    for result in ended:
        if isinstance(result, BaseException):
            raise result


async def _progress(records: Records, dues: int, began_s: float, say: Say) -> None:
    while True:
        await asyncio.sleep(SAY_EVERY_S)
        say(f"{_summary(records, began_s)} ({dues} works in all)")


def _summary(records: Records, began_s: float) -> str:
    told = [each for each in records.told if each.started_s >= began_s]
    answers = Counter(str(each.status or each.error) for each in told)
    counts = ", ".join(f"{count} x {what}" for what, count in sorted(answers.items()))
    late_s = max((each.started_s - each.intended_s for each in told), default=0.0)
    after_s = records.now_s() - began_s
    measured = latency(each.latency_s for each in told)
    return f"{after_s:.0f} s: {measured}; {counts}; begun at most {late_s:.3f} s late"
