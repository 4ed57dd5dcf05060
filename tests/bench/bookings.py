"""Durable bookings in a second by 8 clients, against a thread that only writes and syncs."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from time import perf_counter

from .harness import Broken, Plan, Round, Row, Target, Values
from .shop import Shop, open_shop

CLIENTS = 8
_SLICES = 5
_BLOCK = b"\0" * 4096


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Open a store in the directory of the run."""
    latencies_s: list[float] = []
    with open_shop(plan.directory) as shop:
        yield lambda: _round(shop, plan, latencies_s)
        if shop.booked() != len(latencies_s):
            raise Broken(f"{len(latencies_s)} bookings were confirmed, {shop.booked()} are there")
    plan.notes.append(f"{len(latencies_s):,} bookings, slowest {max(latencies_s) * 1000:.0f} ms")


def _round(shop: Shop, plan: Plan, latencies_s: list[float]) -> Values:
    """Turn about in short slices, since a disk that others use too changes its pace."""
    first, slice_s = len(latencies_s), plan.seconds / _SLICES / 2
    floors, rates = [], []
    for _ in range(_SLICES):
        floors.append(_syncs(plan.directory / "floor", slice_s))
        rates.append(_books(shop, slice_s, latencies_s))
    slowest_s = max(latencies_s[first:])
    return {"ours": mean(rates), "floor": mean(floors), "slowest ms": slowest_s * 1000}


def _books(shop: Shop, seconds: float, latencies_s: list[float]) -> float:
    started_s, first = perf_counter(), len(latencies_s)
    threads = [
        threading.Thread(target=_client, args=(shop, seconds, latencies_s)) for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(latencies_s) == first:
        raise Broken("nothing was booked")
    return (len(latencies_s) - first) / (perf_counter() - started_s)


def _client(shop: Shop, seconds: float, latencies_s: list[float]) -> None:
    end_s = perf_counter() + seconds
    while (started_s := perf_counter()) < end_s:
        shop.book()
        latencies_s.append(perf_counter() - started_s)


def _syncs(path: Path, seconds: float) -> float:
    """Overwrites of 4 KiB, each followed by fdatasync, in a second."""
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        os.pwrite(file, _BLOCK, 0)
        os.fsync(file)
        done, started_s = 0, perf_counter()
        while perf_counter() - started_s < seconds:
            os.pwrite(file, _BLOCK, 0)
            os.fdatasync(file)
            done += 1
        return done / (perf_counter() - started_s)
    finally:
        os.close(file)


ROW = Row(
    name="bookings",
    work=f"durable bookings (unique slots, each with an idempotency key) by {CLIENTS} threads; "
    "floor: one thread of 4 KiB overwrite + fdatasync in the same directory",
    unit="/s",
    targets=(
        Target(to="floor", now=0.6, end=2),
        Target(of="slowest ms", now=250, end=100, at_most=True, worst=True),
    ),
    start=start,
)
