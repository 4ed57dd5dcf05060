"""Whether a user was ever admitted more often than the limits allow, as the ledger saw it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from audit.books import Books
from audit.laws.result import LawResult
from audit.records import Crossing

_LIMIT = re.compile(r"(\d+)\s*(?:/|per)\s*(\d+)?\s*(second|minute|hour|day)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_TOO_MANY = 429


def limits_were_kept(books: Books, result: LawResult) -> None:
    """No user has more than the allowed requests admitted within any window.

    Between a request's first byte and its answer's the server admitted it at some moment; only
    what is too many whichever moments these were is a disagreement.
    """
    limits = list(parse_limits(str(books.run.options.get("limits", ""))))
    lives = {hop.server: books.run.lives_of(hop.server) for hop in books.run.hops}
    for hop in books.run.hops:
        if hop.client or len(lives[hop.server]) != 1:
            continue  # a service counts for its users, and a new life counts anew
        admitted: dict[str, list[Crossing]] = defaultdict(list)
        for crossing in books.crossings.get(hop.name, ()):
            if crossing.upstream_status not in (None, _TOO_MANY):
                admitted[crossing.client].append(crossing)
        for client, crossings in admitted.items():
            for most, within_s in limits:
                _judge_one(result, hop.name, client, crossings, (most, within_s))


def parse_limits(text: str) -> Iterator[tuple[int, float]]:
    """How many requests in how many seconds, from "10/minute;100 per 360 second"."""
    for most, times, unit in _LIMIT.findall(text):
        yield int(most), float(times or 1) * _SECONDS[unit]


def _judge_one(
    result: LawResult,
    hop: str,
    client: str,
    crossings: Sequence[Crossing],
    limit: tuple[int, float],
) -> None:
    most, within_s = limit
    ordered = sorted(crossings, key=lambda crossing: crossing.began_s)
    for first, last in zip(ordered, ordered[most:], strict=False):
        ended_s = last.ended_s if last.first_byte_s is None else last.first_byte_s
        if ended_s - first.began_s < within_s:
            what = f"{most + 1} requests of {client} admitted on {hop} within {within_s:g} s"
            result.disagree(what, trace_id=last.trace_id, subject=last.request_id)
            return
