"""One record of each witness, as small as the laws allow: a run has a million of them.

Times are seconds since the run began. Ids and label values are shared between records.
"""

from typing import NamedTuple

_NOT_FORWARDED = frozenset(
    # faults, and errors of the proxy
    ("hang", "refuse", "status", "crossed_end", "upstream_refused", "upstream_unreachable")
)


class Crossing(NamedTuple):
    """One request as the ledger of a hop saw it; `span_id` is the sender's, from its header."""

    hop: str
    seq: int
    client: str
    method: str
    path: str
    operation: str
    request_id: str
    trace_id: str
    span_id: str
    attempt: int
    key: str
    upstream_status: int | None
    status: int | None
    fault: str
    closed_early: bool
    error: str
    began_s: float
    first_byte_s: float | None
    ended_s: float

    @property
    def may_be_done(self) -> bool:
        """Whether the server may have carried it out, and answered what the ledger did not see."""
        unseen = bool(self.method) and self.upstream_status is None
        return unseen and _NOT_FORWARDED.isdisjoint((self.fault, self.error))


class Span(NamedTuple):
    """One received span. `labels` are those of the event that it stands for, in declared order.

    `number` and `seconds` are the count and the time that the laws ask for: of an attempt its
    resend count, of an operation its attempts, of a wait the attempt after it and its length.
    """

    life: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    began_s: float
    ended_s: float
    labels: tuple[str, ...] = ()
    number: int = 0
    seconds: float = 0.0


class Line(NamedTuple):
    """One log line; `labels` as of a span, `number` the line's number in its file."""

    life: str
    event: str
    trace_id: str
    span_id: str
    request_id: str
    at_s: float
    labels: tuple[str, ...] = ()
    number: int = 0


class Answer(NamedTuple):
    """What one user was told in answer to one request, which was due at `intended_s`."""

    user: str
    operation: str
    status: int | None
    request_id: str
    trace_id: str
    confirmation: str
    key: str
    service_id: str
    date: str
    start_time: str
    replayed: bool
    intended_s: float
    began_s: float
    ended_s: float
