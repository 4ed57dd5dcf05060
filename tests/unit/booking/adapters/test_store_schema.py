"""The schema and the steps that lead to it."""

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from booking.adapters.store_migration import prepare
from booking.adapters.store_schema import claims, metadata


def test_the_steps_lead_to_the_schema(tmp_path: Path) -> None:
    """A database that was migrated to the newest step differs in nothing from the schema."""
    prepare(tmp_path / "x.db", busy_timeout_s=1)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


def test_claims_live_in_their_primary_key(tmp_path: Path) -> None:
    """The table of claims has no rows besides its key, in the migrated database too."""
    prepare(tmp_path / "x.db", busy_timeout_s=1)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        made = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'claims'"
        ).scalar_one()
    engine.dispose()
    assert "PRIMARY KEY (provider, cell)" in made
    assert made.rstrip().endswith("WITHOUT ROWID")


def test_the_schema_can_be_made_on_postgresql() -> None:
    """Nothing in it belongs to SQLite alone."""
    made = str(CreateTable(claims).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # untyped there
    assert "PRIMARY KEY (provider, cell)" in made
    assert "ROWID" not in made
