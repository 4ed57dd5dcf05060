"""The ledger of a hop, as `wire` writes it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.errors import Unreadable
from audit.records import Crossing
from audit.sources.lines import objects

Keep = Callable[[str], str]
"""Gives back the same string for equal strings."""


def read_ledger(path: Path, hop: str, began_s: float, keep: Keep) -> Iterator[Crossing]:
    """The requests that crossed a hop; half a last line is left out. Raises Unreadable."""

    def skip(number: int, line: bytes) -> None:
        if line.strip() and line.endswith(b"\n"):
            raise Unreadable(path, f"expected a JSON object, not {line[:60]!r}", number)

    for number, entry in objects(path, skip):
        try:
            yield _crossing(entry, hop, began_s, keep)
        except (KeyError, TypeError, ValueError) as error:
            problem = f"not an entry of a ledger ({type(error).__name__}: {error})"
            raise Unreadable(path, problem, number) from None


def _crossing(e: Mapping[str, Any], hop: str, began_s: float, keep: Keep) -> Crossing:
    started_s = e["started_s"]
    at_s = datetime.fromisoformat(e["started_at"]).timestamp() - began_s
    first_s = e["first_byte_s"]
    return Crossing(
        hop,
        e["seq"],
        keep(e["client"]),
        keep(e["method"]),
        keep(e["path"]),
        keep(e["operation"]),
        keep(e["request_id"]),
        keep(e["trace_id"]),
        keep(e["parent_span_id"]),
        e["attempt"],
        keep(e["idempotency_key"]),
        e["upstream_status"],
        e["status"],
        keep(e["fault"]),
        e["client_closed_early"],
        keep(e["error"]),
        at_s,
        None if first_s is None else at_s + first_s - started_s,
        at_s + e["ended_s"] - started_s,
    )
