"""The tables, for SQLite and PostgreSQL alike. Times are whole seconds of UTC since 1970.

`claims` has one row per provider and cell of time: its primary key makes overlaps impossible,
also between services of different length.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

services = Table(
    "services",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("offered", Boolean, nullable=False),
)

appointments = Table(
    "appointments",
    metadata,
    Column("confirmation", Text, primary_key=True),
    Column("service_id", Text, ForeignKey("services.id"), nullable=False),
    Column("provider", Text, nullable=False),
    Column("start_utc_s", BigInteger, nullable=False),
    Column("end_utc_s", BigInteger, nullable=False),
    Column("client_name", Text, nullable=False),
    Column("client_email", Text, nullable=False),
    Column("client_phone", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_utc_s", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("confirmation", Text, ForeignKey("appointments.confirmation"), nullable=False),
    sqlite_with_rowid=False,
)

# Rows lie in the order of their expiry, so that purging needs no index of its own; the random
# keys stay in a narrow index, which halves the pages that a commit has to sync.
idempotency = Table(
    "idempotency",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("scope", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_utc_s", BigInteger, nullable=False),
    Column("expires_utc_s", BigInteger, nullable=False),
    UniqueConstraint("scope", "key", name="uq_idempotency_scope_key"),
)
