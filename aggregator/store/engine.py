"""The only place where SQLite and PostgreSQL differ: opening, locking, inserting (and, in
`fulltext.py`, asking the full-text index)."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

from aggregator.errors import ConfigError, Problem, StoreError

_PRAGMAS = (
    "busy_timeout=30000", "journal_mode=WAL", "synchronous=NORMAL", "cache_size=-8000", "recursive_triggers=ON",
)  # fmt: skip
FULL_TEXT_INDEX = "CREATE INDEX ix_items_search ON items USING gin (to_tsvector('simple', search))"


class Json(TypeDecorator[Any]):
    """JSON, on PostgreSQL its JSONB; a variant would import that dialect in every run of SQLite."""

    impl, cache_ok = sa.JSON(none_as_null=True), True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(sa.JSON(none_as_null=True))
        from sqlalchemy.dialects import postgresql

        return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))


def address(database: str) -> sa.URL:
    """The SQLAlchemy address of what people write: a path, or sqlite:///path, or postgresql://..."""
    if "://" not in database:
        return sa.URL.create("sqlite", database=database)
    try:
        url = sa.make_url(database)
    except sa.exc.ArgumentError:
        raise ConfigError([Problem("--database", None, "this is not a database address",
                                   "write a file name or postgresql://host/name")]) from None  # fmt: skip
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ConfigError([Problem("--database", None, f"{url.drivername} is not supported",
                                   "use a file name (SQLite) or postgresql://...")])  # fmt: skip
    return url


def connect(database: str) -> sa.Engine:
    """An engine whose `begin()` takes SQLite's write lock at once when the option `write` is set."""
    url = address(database)
    # A traceback ends in cron's mail: it may say which statement failed, but not for whom (hide_parameters).
    if url.drivername != "sqlite":
        engine = sa.create_engine(url, pool_size=8, max_overflow=8, hide_parameters=True)
        sa.event.listen(engine, "handle_error", _explain)
        return engine
    engine = sa.create_engine(
        url, creator=lambda: open_sqlite(url.database or ":memory:"), pool_size=8, hide_parameters=True
    )
    sa.event.listen(engine, "begin", _begin)
    sa.event.listen(engine, "handle_error", _explain)
    return engine


def open_sqlite(path: str) -> sqlite3.Connection:
    """A connection as we use it everywhere, and as sqlite-utils opens it: WAL, a busy timeout, triggers that fire
    for what they cause themselves, so that the full-text index follows a row that is replaced."""
    folder = Path(path).parent
    if not folder.is_dir():
        raise ConfigError([Problem("--database", None, f"the folder {folder} does not exist", "create it")])
    try:
        with suppress(FileExistsError):  # readers' addresses are nobody else's business; WAL files follow suit
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{path} can't be opened as a database: {error}; check the path and its permissions"
        ) from error
    return connection


def _explain(context: sa.engine.ExceptionContext) -> None:
    # Locked, full, gone: the operator acts. What a statement got wrong is our bug and stays as it is.
    error = context.sqlalchemy_exception
    if isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError)):
        raise StoreError(f"the database can't be used now: {error.orig}") from error


def _begin(connection: sa.Connection) -> None:
    # A deferred transaction that turns to writing can fail at once under WAL; taking the lock first waits instead.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")


def insert(engine: sa.Engine, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, for this engine."""
    if engine.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def create_full_text(connection: sa.Connection) -> None:
    """The full-text index over `items.search`; called by the migration that creates the tables."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(FULL_TEXT_INDEX)
        return
    import sqlite_utils

    database = sqlite_utils.Database(_raw(connection))
    database.table("items").enable_fts(["search"], create_triggers=True, tokenize="unicode61")


def _raw(connection: sa.Connection) -> sqlite3.Connection:
    raw: Any = connection.connection.dbapi_connection
    return raw  # type: ignore[no-any-return]


@contextmanager
def run_lock(engine: sa.Engine, name: str, *, wait: bool = False) -> Iterator[bool]:
    """True for the one process that holds `name`; the lock ends with its process, however that ends. `wait`: until
    nobody else holds it."""
    if engine.dialect.name == "sqlite":
        with _file_lock(Path(f"{engine.url.database}.{name}.lock"), wait=wait) as held:
            yield held
        return
    with engine.connect() as connection:
        # Advisory locks are the whole database's; two services may live in two schemas of one.
        place = f"{connection.scalar(sa.text('SELECT current_schema()'))}.{name}"
        key = int.from_bytes(hashlib.blake2b(place.encode(), digest_size=8).digest(), "big", signed=True)
        take = "SELECT pg_advisory_lock(:key) IS NOT NULL" if wait else "SELECT pg_try_advisory_lock(:key)"
        held = bool(connection.scalar(sa.text(take), {"key": key}))
        connection.commit()
        try:
            yield held
        finally:
            if held:
                connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": key})
                connection.commit()


@contextmanager
def small_caches(engine: sa.Engine) -> Iterator[None]:
    """Connections that keep 1 MB of SQLite's pages instead of 8, where what is written is not read again."""

    def shrink(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA cache_size=-1000")

    if engine.dialect.name != "sqlite":
        yield
        return
    sa.event.listen(engine, "connect", shrink)
    engine.dispose()
    try:
        yield
    finally:
        sa.event.remove(engine, "connect", shrink)
        engine.dispose()


_locks: set[int] = set()


def _let_go() -> None:
    """A child holds no lock of its parent: it would last as long as the child does."""
    for descriptor in _locks:
        os.close(descriptor)
    _locks.clear()


os.register_at_fork(after_in_child=_let_go)


@contextmanager
def _file_lock(path: Path, *, wait: bool) -> Iterator[bool]:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    _locks.add(descriptor)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = True
        except BlockingIOError:
            held = False
        yield held
    finally:
        _locks.discard(descriptor)
        os.close(descriptor)
