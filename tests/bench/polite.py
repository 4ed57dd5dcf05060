"""One polite client beside 50 connections of another address that flood and are refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from . import servers
from .harness import Broken, Plan, Round, Row, Target, Values
from .load import Load, Running, Traffic, send
from .process import stage

_LIMITS = "1000/hour;100000/day"
_POLITE, _PAUSE_S = "127.0.0.9", 0.05
_CASES = ("", "peers_")


@contextmanager
def start(plan: Plan) -> Iterator[Round]:
    """Start both servers, and use up what the flooding address may."""
    with stage() as (stack, sink):
        running = {
            "": servers.ours(plan.directory, sink, stack, limits=_LIMITS),
            "peers_": servers.peers(plan.directory, sink, stack, limits=_LIMITS),
        }
        for case, server in running.items():
            plan.say(f"polite: {case or 'ours'} is port {server.port}")
            _use_up(server.port)

        def one_round() -> Values:
            values: dict[str, float] = {}
            for case in plan.shuffled(_CASES):
                values |= _compare(case, running[case].port, max(1.5, plan.seconds))
            return {name: values[name] for name in sorted(values)}

        yield one_round
        plan.notes.append(
            "ours holds each refusal of the flood back for 50 ms, as it does by default"
        )


def _use_up(port: int) -> None:
    load = Running(Traffic(port=port, seconds=1)).finish()
    while not _mostly_refused(load):
        load = Running(Traffic(port=port, seconds=1)).finish()


def _compare(case: str, port: int, seconds: float) -> Values:
    quiet = _polite(port, seconds)
    flood = Running(Traffic(port=port, seconds=seconds + 1))
    flooded = _polite(port, seconds)
    refused = flood.finish()
    if not _mostly_refused(refused):
        raise Broken(f"the flood had to be refused, but: {refused}")
    return {f"{case}quiet": quiet.p50_ms, f"{case}flooded": flooded.p50_ms}


def _mostly_refused(load: Load) -> bool:
    return load.refused >= load.requests * 0.9


def _polite(port: int, seconds: float) -> Load:
    traffic = Traffic(port=port, seconds=seconds, connections=1, pause_s=_PAUSE_S, source=_POLITE)
    load = send(traffic)
    if load.refused or load.broken or not load.requests:
        raise Broken(f"port {port}: the polite client had to be served, but: {load}")
    return load


ROW = Row(
    name="polite",
    work="p50 of a client with 20 requests a second beside 50 flooding connections of another "
    "address, against its own p50 without them",
    unit="ms",
    targets=(
        Target(
            of="flooded",
            to="quiet",
            now=3,
            end=1.1,
            at_most=True,
            peers=("peers_flooded", "peers_quiet"),
        ),
    ),
    start=start,
)
