"""Every statement, compiled once to SQL text: the hot path runs on the driver itself."""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import Executable, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

from booking.adapters.store_schema import appointments, claims, idempotency, services


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with the names of its parameters, in their order."""

    sql: str
    parameters: tuple[str, ...]


def compiled(statement: Executable) -> Statement:
    """The statement in SQLite's dialect."""
    text = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))  # type: ignore[attr-defined]  # untyped there
    assert isinstance(text, SQLCompiler)
    return Statement(str(text), tuple(text.positiontup or ()))


_of_key = and_(idempotency.c.scope == bindparam("scope"), idempotency.c.key == bindparam("key"))
_of_claim = and_(
    claims.c.provider == bindparam("provider"),
    claims.c.cell >= bindparam("first_cell"),
    claims.c.cell < bindparam("end_cell"),
)
_oldest = select(func.min(idempotency.c.id)).scalar_subquery()

LIST_SERVICES = compiled(
    select(services.c.id, services.c.name, services.c.duration_minutes)
    .where(services.c.offered.is_(True))
    .order_by(services.c.position)
)
ALL_SERVICES = compiled(select(services))
ADD_SERVICE = compiled(insert(services))
CHANGE_SERVICE = compiled(
    update(services)
    .where(services.c.id == bindparam("service_id"))
    .values({name: bindparam(name) for name in ("name", "duration_minutes", "position", "offered")})
)

CLAIMED_CELLS = compiled(select(claims.c.cell).where(_of_claim))
GIVE_BACK = compiled(
    delete(claims).where(_of_claim, claims.c.confirmation == bindparam("confirmation"))
)

ADD_APPOINTMENT = compiled(insert(appointments))
FIND_APPOINTMENT = compiled(
    select(appointments, services.c.name, services.c.duration_minutes)
    .join(services, services.c.id == appointments.c.service_id)
    .where(appointments.c.confirmation == bindparam("confirmation"))
)
CHANGE_APPOINTMENT = compiled(
    update(appointments)
    .where(appointments.c.confirmation == bindparam("of"))
    .values({name: bindparam(name) for name in ("start_utc_s", "end_utc_s", "status", "version")})
)

FIND_KEY = compiled(
    select(
        idempotency.c.fingerprint,
        idempotency.c.status,
        idempotency.c.body,
        idempotency.c.expires_utc_s,
    ).where(_of_key)
)
ADD_KEY = compiled(
    insert(idempotency).values(
        {column.name: bindparam(column.name) for column in idempotency.c if column.name != "id"}
    )
)
FORGET_KEY = compiled(delete(idempotency).where(_of_key))
PURGE_KEYS = compiled(
    delete(idempotency).where(
        idempotency.c.id < _oldest + bindparam("batch"),
        idempotency.c.expires_utc_s < bindparam("now_utc_s"),
    )
)


@cache
def claim_cells(count: int) -> str:
    """Claim `count` cells at once; a cell that is claimed already is left out."""
    rows = [dict.fromkeys(claims.c.keys()) for _ in range(count)]
    return compiled(sqlite.insert(claims).values(rows).on_conflict_do_nothing()).sql
