"""The entry of an exchange that is still under way."""

from dataclasses import dataclass, fields

import h11

from wire.headers import attempt, key_digest, lower_case, path_of, request_id, trace_ids
from wire.ledger import Entry, Ledger
from wire.plan import Plan
from wire.rule import Seen


@dataclass(slots=True, kw_only=True)
class Draft:
    """Collects what becomes an `Entry`; the fields mean the same there."""

    connection: int
    client: str
    started_at: str
    started_s: float
    method: str = ""
    path: str = ""
    operation: str = ""
    request_id: str = ""
    trace_id: str = ""
    parent_span_id: str = ""
    attempt: int = 1
    idempotency_key: str = ""
    upstream_status: int | None = None
    status: int | None = None
    fault: str = ""
    client_closed_early: bool = False
    request_bytes: int = 0
    response_bytes: int = 0
    first_byte_s: float | None = None
    error: str = ""

    @classmethod
    def begin(cls, ledger: Ledger, connection: int, client: str) -> "Draft":
        """Begin an entry now."""
        now, zero_s = ledger.utc_now(), ledger.now_s()
        return cls(connection=connection, client=client, started_at=now, started_s=zero_s)

    def describe(self, request: h11.Request, plan: Plan) -> Seen:
        """Note what the request's head says; returns what the plan's rules look at."""
        headers = lower_case(request)
        self.method, path = request.method.decode("ascii"), path_of(request)
        self.operation = plan.operation(self.method, path)
        self.path = plan.shown(self.method, path)
        self.request_id, self.attempt = request_id(headers), attempt(headers)
        self.trace_id, self.parent_span_id = trace_ids(headers)
        self.idempotency_key = key_digest(headers)
        return Seen(method=self.method, path=path, headers=headers)

    def finish(self, ledger: Ledger) -> Entry:
        """Enter what is known now; call it once."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        return ledger.append(Entry(ended_s=ledger.now_s(), **known))
