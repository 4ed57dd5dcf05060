"""`python -m bench [--quick] [--json FILE] [ROW...]` and `python -m bench profile WHAT`."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

from . import (
    audit,
    bookings,
    breaker_closed,
    breaker_open,
    inbound,
    memory,
    outbound,
    polite,
    profile_inbound,
    profile_outbound,
    profile_units,
    rejections,
    simulation,
)
from .harness import Broken, Measured, Plan, measure
from .load import WRK, Traffic, drive
from .machine import describe
from .process import stage
from .profiles import profile
from .report import notes, table

ROWS = {
    module.ROW.name: module.ROW
    for module in (
        inbound,
        rejections,
        polite,
        outbound,
        breaker_closed,
        breaker_open,
        bookings,
        memory,
        simulation,
        audit,
    )
}
_PROFILES = {
    "inbound": profile_inbound.inbound,
    "refusals": profile_inbound.refusals,
    "outbound": profile_outbound.outbound,
    "parts": profile_units.parts,
}
_SERVED = {"inbound", "refusals", "polite", "memory"}


def main() -> int:
    """Measure and print; 1 when something was broken, whatever the figures."""
    options = _parser().parse_args()
    if options.names[:1] == ["profile"]:
        return _profile(options.names[1:], options.count)
    names = options.names or list(ROWS)
    if unknown := sorted({*names} - {*ROWS}):
        _say(f"unknown: {', '.join(unknown)}; expected {', '.join(ROWS)}, or profile")
        return 2
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as directory:
        plan = _plan(options, Path(directory))
        about = {**describe(), "seed": str(options.seed), **_generator(names, plan)}
        results, broken = _measure_all(names, plan)
    about["took"] = f"{time.monotonic() - started_s:.0f} s"
    _print(about, results)
    if options.json:
        _write(options.json, about, results)
    for name, error in broken.items():
        _say(f"BROKEN {name}: {error}")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"{', '.join(ROWS)} (all); or profile WHAT")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--seed", type=int, default=20, help="of the order of cases (20)")
    parser.add_argument("--directory", help="where databases are made (the temporary directory)")
    parser.add_argument("--count", type=int, default=2000, help="requests of a profile (2000)")
    return parser


def _plan(options: argparse.Namespace, directory: Path) -> Plan:
    quick = options.quick
    return Plan(
        rounds=3 if quick else 5,
        seconds=1.0 if quick else 3.0,
        requests=(5_000, 20_000) if quick else (10_000, 100_000),
        directory=directory,
        random=Random(options.seed),
        say=_say,
    )


def _generator(names: list[str], plan: Plan) -> dict[str, str]:
    """What the load generator could do at most, so that a reader sees that it was not the limit."""
    if not _SERVED & {*names}:
        return {}
    with stage() as (_, port):
        load = drive(Traffic(port=port, path="/", seconds=1))
    return {
        "load": f"{WRK or 'bench.generator'}, up to {load.rate:,.0f} req/s from a trivial server"
    }


def _measure_all(names: list[str], plan: Plan) -> tuple[list[Measured], dict[str, Exception]]:
    results, broken = [], {}
    for name in names:
        try:
            results.append(measure(ROWS[name], plan))
        except Exception as error:  # the other rows can still be measured
            broken[name] = error
            if not isinstance(error, Broken):
                sys.excepthook(type(error), error, error.__traceback__)
    return results, broken


def _profile(what: list[str], count: int) -> int:
    if len(what) != 1 or what[0] not in _PROFILES:
        _say(f"expected: profile {'|'.join(_PROFILES)}")
        return 2
    profile(_PROFILES[what[0]], count)
    return 0


def _print(about: Mapping[str, str], results: list[Measured]) -> None:
    print("\n".join(f"{name}: {text}" for name, text in about.items()))
    print(f"\n{table(results)}\n\n{notes(results)}")


def _write(path: Path, about: Mapping[str, str], results: list[Measured]) -> None:
    rows = {result.row.name: result.as_json() for result in results}
    path.write_text(json.dumps({"about": about, "rows": rows}, indent=2) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
