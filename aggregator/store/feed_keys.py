"""The secret addresses of readers' own feeds: a hash, and the number of the address among those a reader had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from aggregator.store import rows
from aggregator.store.engine import insert
from aggregator.store.schema import feed_keys


@dataclass(frozen=True, slots=True)
class FeedKey:
    """One reader's address: the `serial`th that was made, at that moment; `hash` is empty when it was ended."""

    subscriber: str
    serial: int
    hash: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class FeedKeys:
    engine: sa.Engine

    def of(self, subscriber_id: str) -> FeedKey | None:
        """The newest address of a reader, if one was ever made."""
        return self._found(feed_keys.c.subscriber == subscriber_id)

    def owner(self, token: str) -> str | None:
        """Whose address this is: the reader's id."""
        found = self._found(feed_keys.c.hash == rows.hashed(token))
        return found.subscriber if found else None

    def replace(self, subscriber_id: str, serial: int, token: str, now: datetime) -> bool:
        """Make `token` the reader's one address; '' ends it. Whatever opened the feeds before opens nothing. False
        if another request was quicker: then its address holds."""
        row = {
            "subscriber": subscriber_id, "serial": serial, "hash": rows.hashed(token) if token else None,
            "made_at": rows.seconds(now),
        }  # fmt: skip
        statement = insert(self.engine, feed_keys)
        update = {name: statement.excluded[name] for name in ("serial", "hash", "made_at")}
        newer = statement.on_conflict_do_update(
            index_elements=["subscriber"], set_=update, where=feed_keys.c.serial < serial
        ).returning(feed_keys.c.serial)
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(newer, row).first() is not None

    def _found(self, where: sa.ColumnElement[bool]) -> FeedKey | None:
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(feed_keys).where(where)).first()
            if row is None:
                return None
            return FeedKey(row.subscriber, row.serial, row.hash or "", rows.known_moment(row.made_at))
