"""Many values at once: rows into a narrow table, and rows whose key is one of thousands. Bound one by one, values
take longer than all else that is done with them. SQLite's driver binds rows fast, and takes a list as JSON;
PostgreSQL takes columns and lists as arrays."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa


def insert_many(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows with a value for every column of the table, in its order; a row whose key is there already is
    left out. Values must be such as the driver takes them: texts, numbers, bytes and None."""
    _put(connection, table, rows, "NOTHING")


def replace_many(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """The same; but a row whose key is there already takes its place. No key may come twice."""
    key = ", ".join(column.name for column in table.primary_key)
    others = ", ".join(f"{c.name} = excluded.{c.name}" for c in table.columns if not c.primary_key)
    _put(connection, table, rows, f"UPDATE SET {others}", f"({key})")


def _put(
    connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]], then: str, on: str = ""
) -> None:
    if not rows:
        return
    dialect = connection.dialect
    if dialect.name == "sqlite":
        connection.exec_driver_sql(f"{_by_rows(table)} ON CONFLICT {on} DO {then}", list(rows))
    else:
        columns = tuple(map(list, zip(*rows, strict=True)))
        connection.exec_driver_sql(f"{_by_columns(table, dialect)} ON CONFLICT {on} DO {then}", columns)


def is_among(
    connection: sa.Connection, column: sa.Column[Any], values: Collection[int] | Collection[str]
) -> sa.ColumnElement[bool]:
    """Whether a column has one of these values, however many they are."""
    if connection.dialect.name == "sqlite":
        listed = sa.func.json_each(json.dumps(sorted(values))).table_valued("value")
        return column.in_(sa.select(listed.c.value))
    from sqlalchemy.dialects import postgresql

    return column == sa.any_(sa.cast(sorted(values), postgresql.ARRAY(column.type)))


@lru_cache(maxsize=32)
def _by_rows(table: sa.Table) -> str:
    return f"{_into(table)} VALUES ({', '.join('?' * len(table.columns))})"


@lru_cache(maxsize=32)
def _by_columns(table: sa.Table, dialect: sa.Dialect) -> str:
    arrays = ", ".join(f"%s::{column.type.compile(dialect)}[]" for column in table.columns)
    # Nothing but names and types of our own tables stands in it.
    return f"{_into(table)} SELECT * FROM unnest({arrays})"  # noqa: S608


def _into(table: sa.Table) -> str:
    return f"INSERT INTO {table.name} ({', '.join(column.name for column in table.columns)})"
