"""Every store test runs on both engines; PostgreSQL gets a schema of its own that is dropped afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from aggregator.store import Store, open_store
from aggregator.store.engine import connect
from aggregator.store.upgrade import MIGRATIONS

POSTGRES = os.environ.get("AGGREGATOR_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def reachable() -> str:
    """Why PostgreSQL can't be used here; empty when it can."""
    try:
        engine = sa.create_engine(POSTGRES.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect():
            return ""
    except (sa.exc.OperationalError, ModuleNotFoundError) as error:
        return str(error).splitlines()[0]
    finally:
        if "engine" in locals():
            engine.dispose()


@contextmanager
def schema_of_its_own() -> Iterator[str]:
    """The address of a schema in PostgreSQL that is there for one test."""
    schema = f"test_{secrets.token_hex(6)}"
    engine = sa.create_engine(POSTGRES.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    try:
        yield f"{POSTGRES}?options=-csearch_path%3D{schema}"
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, needs: Callable[[str, bool, str], None]
) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield str(tmp_path / "test.db")
        return
    why_not = reachable()
    needs("postgres", not why_not, why_not)
    with schema_of_its_own() as address:
        yield address


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    store = open_store(database)
    yield store
    store.close()


@contextmanager
def at_first_schema(database: str) -> Iterator[sa.Connection]:
    """An empty database brought to the first schema, open for what was stored in its day."""
    engine = connect(database)
    with engine.execution_options(write=True).connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        yield connection
    engine.dispose()
