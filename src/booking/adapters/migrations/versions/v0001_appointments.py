"""The first schema: services, appointments, claims and idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the four tables."""
    _services()
    _appointments()
    _claims()
    _idempotency()


def _services() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("duration_minutes", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("offered", sa.Boolean, nullable=False),
    )


def _appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("confirmation", sa.Text, primary_key=True),
        sa.Column("service_id", sa.Text, sa.ForeignKey("services.id"), nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("start_utc_s", sa.BigInteger, nullable=False),
        sa.Column("end_utc_s", sa.BigInteger, nullable=False),
        sa.Column("client_name", sa.Text, nullable=False),
        sa.Column("client_email", sa.Text, nullable=False),
        sa.Column("client_phone", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_utc_s", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("cell", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "confirmation", sa.Text, sa.ForeignKey("appointments.confirmation"), nullable=False
        ),
        sqlite_with_rowid=False,
    )


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("scope", sa.LargeBinary, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_utc_s", sa.BigInteger, nullable=False),
        sa.Column("expires_utc_s", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("scope", "key", name="uq_idempotency_scope_key"),
    )
