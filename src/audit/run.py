"""The directory of one run, which holds what its witnesses wrote.

    RUN/
      run.json                 what was run; the members are those of `Run`, with `format` 1
      ledger/HOP.jsonl         the ledger of the proxy on that hop
      metrics/LIFE/NNNN.prom   scrapes over the run (OpenMetrics or text), in order; the last one
                               after the process had settled
      metrics/LIFE/times.json  when each was made, in seconds (optional)
      spans.jsonl              one received span a line: the fields of `SpanRecord`, and `life`
      logs/LIFE.jsonl          the log lines, copied after the last scrape
      users.jsonl              one line for each answer that a user got (optional)
      database.db              a copy of the SQLite database after the run (optional)

All `*_s` are seconds since `started_at`. A life is one process from its start to its end: the
metrics of a service are the sum over its lives. A killed life's last scrape is older than its
end, and what it had not yet handed over is lost with it: the laws name that, and nothing else is
forgiven. What is missing is not judged. `residuals` name in advance what will not balance and
why; `faults` called `not_listening` say when a hop accepted no connections.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson

from audit.errors import Unreadable

FORMAT = 1
ENDINGS = ("stopped", "killed", "running")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One process from start to end; `ended` is "stopped", "killed" or "running"."""

    name: str
    service: str
    ended: str = "stopped"
    started_s: float = 0.0
    ended_s: float | None = None

    @property
    def killed(self) -> bool:
        """Whether it ended without a chance to hand over what it had."""
        return self.ended == "killed"

    def lived_at(self, moment_s: float) -> bool:
        """Whether the process was there at this moment."""
        return self.started_s <= moment_s and (self.ended_s is None or moment_s <= self.ended_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A way from one service to another that a ledger watched; "" are the users."""

    name: str
    client: str = ""
    server: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """A time in which a fault was in force."""

    name: str
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """What will not balance, named in advance: of which law, how often at most, and why.

    `count` None is any number. `life` and `signal` ("span", "log") narrow what it is about.
    """

    law: str
    why: str
    count: int | None = None
    life: str = ""
    signal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was run: the members of run.json."""

    directory: Path
    name: str = "run"
    seed: int | None = None
    version: str = ""
    scale: str = ""
    started_at: str = "1970-01-01T00:00:00+00:00"
    ended_at: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    lives: tuple[Life, ...] = ()
    hops: tuple[Hop, ...] = ()
    faults: tuple[Shade, ...] = ()
    canaries: tuple[str, ...] = ()
    residuals: tuple[Residual, ...] = ()
    expected_events: tuple[str, ...] = ()

    @property
    def began_s(self) -> float:
        """The moment from which all times of the run count, in seconds since 1970."""
        return datetime.fromisoformat(self.started_at).timestamp()

    def lives_of(self, service: str) -> tuple[Life, ...]:
        """The lives of one service, in the order of their start."""
        found = [life for life in self.lives if life.service == service]
        return tuple(sorted(found, key=lambda life: life.started_s))


def read_run(directory: Path) -> Run:
    """The run in a directory. Raises Unreadable that says what is wrong with its run.json."""
    path = directory / "run.json"
    members = _object(path)
    if members.pop("format", None) != FORMAT:
        raise Unreadable(path, f'expected "format": {FORMAT}')
    try:
        return _run(directory, members)
    except (TypeError, ValueError, AttributeError) as error:
        raise Unreadable(path, f"not a description of a run ({error})") from None


def _object(path: Path) -> dict[str, Any]:
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        problem = f"{error.strerror}; expected the directory of a run, with a run.json"
        raise Unreadable(path, problem) from None
    except ValueError as error:
        raise Unreadable(path, f"not JSON ({error})") from None
    if not isinstance(found, dict):
        raise Unreadable(path, "expected a JSON object")
    return found


def _run(directory: Path, members: dict[str, Any]) -> Run:
    known = {name: members[name] for name in _PLAIN if members.get(name) is not None}
    run = Run(
        directory=directory,
        **known,
        lives=_each(Life, members.get("lives", ())),
        hops=_each(Hop, members.get("hops", ())),
        faults=_each(Shade, members.get("faults", ())),
        canaries=tuple(members.get("canaries", ())),
        residuals=_each(Residual, members.get("residuals", ())),
        expected_events=tuple(members.get("expected_events", ())),
    )
    for life in run.lives:
        if life.ended not in ENDINGS:
            raise ValueError(f"life {life.name} ended {life.ended!r}, not {', '.join(ENDINGS)}")
    if not run.began_s >= 0:
        raise ValueError("started_at lies before 1970")
    return run


_PLAIN = ("name", "seed", "version", "scale", "started_at", "ended_at", "options")


def _each(kind: type[T], members: Sequence[Mapping[str, Any]]) -> tuple[T, ...]:
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]  # all of them are dataclasses
    return tuple(kind(**{k: v for k, v in each.items() if k in names}) for each in members)
