"""Schema upgrades that happen by themselves, safely: one at a time, in a transaction, never downwards."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from aggregator.errors import StoreError

HEAD = "0013"  # tests/contract says that this is the newest revision of the tree
MIGRATIONS = Path(__file__).parent / "migrations"


def revision(engine: sa.Engine) -> str | None:
    """The schema's revision, or None for an empty database. Raises StoreError for somebody else's database."""
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        if "alembic_version" in tables:
            return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")) or "") or None
        if {"items", "sources", "subscribers"} & set(tables):
            raise StoreError("this database has tables of these names that are not ours; choose another one")
    return None


def upgrade(engine: sa.Engine, *, create: bool = True) -> bool:
    """Bring the schema to HEAD; true if the database was empty. Costs one small query when it is there already.

    Raises StoreError when the database is newer than this program, or empty and `create` is false.
    """
    found = revision(engine)
    if found == HEAD:
        return False
    if found is None and not create:
        raise StoreError("the database is empty; 'aggregator run' fills it")
    if found is not None and found > HEAD:
        raise StoreError(f"the database has schema {found}, this program knows {HEAD}; install the newer version")
    _run_alembic(engine)
    return found is None


def _run_alembic(engine: sa.Engine) -> None:
    # Alembic is imported only when there is something to do.
    from alembic import command
    from alembic.config import Config

    with engine.execution_options(write=True).connect() as connection, connection.begin():
        if connection.dialect.name != "sqlite":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(781045112)"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
