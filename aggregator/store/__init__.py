"""The store: one schema and one set of statements on SQLite (default) and PostgreSQL. Values in, values out.

`open_store(database)` opens, upgrades the schema if needed, and gives a `Store` whose parts are small
repositories: `sources`, `items`, `subscribers`, `digests`, `corrections`, `cpd` and others. Times are aware UTC
datetimes; they are kept to the second. Writes take SQLite's lock at the start of their transaction and wait up to
30 s for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from aggregator.errors import StoreError
from aggregator.on_demand import offer
from aggregator.store import rows, schema
from aggregator.store.engine import connect, insert, run_lock, small_caches

if TYPE_CHECKING:
    from aggregator.store.asked import Ask, Asked
    from aggregator.store.browsing import Browsing
    from aggregator.store.consents import Consent, Consents
    from aggregator.store.corrections import Corrections
    from aggregator.store.cpd import Cpd
    from aggregator.store.digests import Digests
    from aggregator.store.feed_keys import FeedKeys
    from aggregator.store.feedback import Feedback, Marked
    from aggregator.store.issues import Issues, Kept
    from aggregator.store.items import Items
    from aggregator.store.ledger import Claimed, Posted, Written
    from aggregator.store.moves import Move, Moves
    from aggregator.store.reached import Carried, Reached
    from aggregator.store.returns import Gone, Noted, Returns
    from aggregator.store.sources import Sources
    from aggregator.store.subscribers import Barred, Subscribers
else:
    __getattr__ = offer(__name__, {
        "asked": "Ask Asked",
        "browsing": "Browsing",
        "consents": "Consent Consents",
        "corrections": "Corrections",
        "cpd": "Cpd",
        "digests": "Digests",
        "feed_keys": "FeedKeys",
        "feedback": "Feedback Marked",
        "issues": "Issues Kept",
        "items": "Items",
        "ledger": "Claimed Posted Written",
        "moves": "Move Moves",
        "reached": "Carried Reached",
        "returns": "Gone Noted Returns",
        "sources": "Sources",
        "subscribers": "Barred Subscribers",
    })  # fmt: skip

__all__ = [
    "Ask",
    "Asked",
    "Barred",
    "Browsing",
    "Carried",
    "Claimed",
    "Consent",
    "Consents",
    "Corrections",
    "Cpd",
    "Digests",
    "FeedKeys",
    "Feedback",
    "Gone",
    "History",
    "Issues",
    "Items",
    "Kept",
    "Marked",
    "Move",
    "Moves",
    "Noted",
    "Posted",
    "Reached",
    "Returns",
    "Sources",
    "Store",
    "Subscribers",
    "Written",
    "open_store",
]

MARK = "restored_from_backup"


@dataclass(frozen=True)
class Store:
    """The parts of one database. Each is imported when it is first asked for: most runs need few of them."""

    engine: sa.Engine

    @cached_property
    def sources(self) -> Sources:
        from aggregator.store.sources import Sources

        return Sources(self.engine)

    @cached_property
    def items(self) -> Items:
        from aggregator.store.items import Items

        return Items(self.engine)

    @cached_property
    def subscribers(self) -> Subscribers:
        from aggregator.store.subscribers import Subscribers

        return Subscribers(self.engine)

    @cached_property
    def digests(self) -> Digests:
        from aggregator.store.digests import Digests

        return Digests(self.engine)

    @cached_property
    def feedback(self) -> Feedback:
        from aggregator.store.feedback import Feedback

        return Feedback(self.engine)

    @cached_property
    def corrections(self) -> Corrections:
        from aggregator.store.corrections import Corrections

        return Corrections(self.engine)

    @cached_property
    def returns(self) -> Returns:
        from aggregator.store.returns import Returns

        return Returns(self.engine)

    @cached_property
    def cpd(self) -> Cpd:
        from aggregator.store.cpd import Cpd

        return Cpd(self.engine)

    @cached_property
    def issues(self) -> Issues:
        from aggregator.store.issues import Issues

        return Issues(self.engine)

    @cached_property
    def browsing(self) -> Browsing:
        from aggregator.store.browsing import Browsing

        return Browsing(self.engine, self.items)

    @cached_property
    def feed_keys(self) -> FeedKeys:
        from aggregator.store.feed_keys import FeedKeys

        return FeedKeys(self.engine)

    @cached_property
    def consents(self) -> Consents:
        from aggregator.store.consents import Consents

        return Consents(self.engine)

    @cached_property
    def asked(self) -> Asked:
        from aggregator.store.asked import Asked

        return Asked(self.engine)

    @cached_property
    def moves(self) -> Moves:
        from aggregator.store.moves import Moves

        return Moves(self.engine)

    @cached_property
    def reached(self) -> Reached:
        from aggregator.store.reached import Reached

        return Reached(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    def sparing(self) -> Any:
        """Context manager: connections that keep little in memory, for much that is written and not read again."""
        return small_caches(self.engine)

    def before_fork(self) -> None:
        """Close what is not in use: SQLite's files must not be carried into another process."""
        self.engine.dispose()

    def after_fork(self) -> None:
        """In a child: leave the parent's connections alone and make others."""
        self.engine.dispose(close=False)

    def lock(self, name: str) -> Any:
        """Context manager: true for the one process that holds `name` on this database."""
        return run_lock(self.engine, name)

    def turn(self, name: str) -> Any:
        """Context manager: waits until no other process holds `name` on this database, and holds it."""
        return run_lock(self.engine, name, wait=True)

    # -------------------------------------------------------------------------------------------------- settings
    def setting(self, key: str) -> str | None:
        with self.engine.connect() as connection:
            select = sa.select(schema.settings.c.value).where(schema.settings.c.key == key)
            return connection.scalar(select)

    def set(self, key: str, value: str | None) -> None:
        """Keep a setting; None removes it."""
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(schema.settings.delete().where(schema.settings.c.key == key))
            if value is not None:
                connection.execute(schema.settings.insert(), {"key": key, "value": value})

    def secret(self) -> str:
        """The secret that signs links when none is set: made once, kept here."""
        found = self.setting("secret")
        if found is None:
            fresh = {"key": "secret", "value": secrets.token_urlsafe(32)}
            with self.engine.execution_options(write=True).begin() as connection:
                connection.execute(insert(self.engine, schema.settings).on_conflict_do_nothing(), fresh)
            found = self.setting("secret") or ""
        return found

    def has_corrections(self) -> bool:
        """Whether a curator ever corrected the topics of an item."""
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(schema.corrections.c.n).limit(1)) is not None

    # ------------------------------------------------------------------------------------------------------ runs
    def note_run(
        self, command: str, moment: datetime, started_at: datetime, code: int, report: Mapping[str, Any]
    ) -> None:
        """Remember a run for `status`."""
        seconds = max(0, int((datetime.now(UTC) - started_at).total_seconds()))
        values = {
            "command": command, "moment": rows.seconds(moment), "started_at": rows.seconds(started_at),
            "seconds": seconds, "exit_code": code, "report": dict(report),
        }  # fmt: skip
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(schema.runs.insert(), values)

    def last_runs(self) -> dict[str, dict[str, Any]]:
        """The newest run of each command."""
        newest = sa.select(sa.func.max(schema.runs.c.n)).group_by(schema.runs.c.command)
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(schema.runs).where(schema.runs.c.n.in_(newest))).mappings()
            return {row["command"]: dict(row) for row in found}

    def prune_runs(self, before: datetime) -> int:
        """Forget runs started before that moment, but never the newest of a command."""
        newest = sa.select(sa.func.max(schema.runs.c.n)).group_by(schema.runs.c.command)
        old = (schema.runs.c.started_at < rows.seconds(before), schema.runs.c.n.not_in(newest))
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(schema.runs.delete().where(*old)).rowcount


def open_store(database: str, *, create: bool = True) -> Store:
    """Open a database (a path, or a postgresql:// address) at the newest schema.

    Raises StoreError when it can't be reached or is newer than this program, ConfigError for a wrong address.
    """
    engine = connect(database)
    with _explained(database):
        from aggregator.store.upgrade import upgrade

        fresh = upgrade(engine, create=create)
        store = Store(engine)
        if fresh:
            store.secret()  # now, so that no later reading makes one
    return store


@contextmanager
def _explained(database: str) -> Iterator[None]:
    shown = database.rpartition("@")[2]  # never the password
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.DatabaseError) as error:
        raise StoreError(
            f"the database {shown} can't be used: {error.orig}; is it running, and is it ours?"
        ) from error
