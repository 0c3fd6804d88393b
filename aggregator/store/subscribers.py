"""Readers, and the promise never to write to some addresses again."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from aggregator.model import Profile, Subscriber
from aggregator.schedule import next_due
from aggregator.store import rows
from aggregator.store.cpd import erase_log
from aggregator.store.engine import insert
from aggregator.store.items import chunks
from aggregator.store.schema import (
    asked,
    consents,
    digest_items,
    digests,
    feed_keys,
    feedback,
    issues,
    moves,
    returns,
    subscribers,
    suppressions,
)

Left = Literal["left", "already", "unknown"]
_CHOSEN = frozenset(
    ("name", "profile", "frequency", "weekday", "hour", "timezone", "language", "max_items", "edition")
) | {"next_due_at", "changed_at"}


@dataclass(frozen=True, slots=True)
class Barred:
    """An address that must not be written to, as a hash, and why."""

    email_hash: str
    token_hash: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Subscribers:
    engine: sa.Engine

    # -------------------------------------------------------------------------------------------------- reading
    def find(self, who: str) -> Subscriber | None:
        """One reader by address or id."""
        found = self._select(sa.or_(subscribers.c.email_key == rows.email_key(who), subscribers.c.id == who))
        return found[0] if found else None

    def find_by_token(self, token: str) -> Subscriber | None:
        found = self._select(subscribers.c.token == token)
        return found[0] if found else None

    def get(self, subscriber_id: str) -> Subscriber | None:
        found = self._select(subscribers.c.id == subscriber_id)
        return found[0] if found else None

    def all(self, status: str | None = None) -> Sequence[Subscriber]:
        return self._select(*([subscribers.c.status == status] if status else []))

    def counts(self) -> dict[str, int]:
        """How many readers there are in each status."""
        select = sa.select(subscribers.c.status, sa.func.count()).group_by(subscribers.c.status)
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(select)}

    def due_in_parts(self, now: datetime, size: int) -> Iterator[Sequence[Subscriber]]:
        """Active readers for whom a period may have fallen due by `now`, at most `size` at a time, so that memory
        does not grow with them; `schedule.due` has the last word."""
        after = ""
        while some := self._select(*_may_be_due(now), subscribers.c.email_key > after, limit=size):
            yield some
            after = rows.email_key(some[-1].email)

    def due_keys(self, now: datetime) -> list[str]:
        """Where the same readers stand in their order, for `due_between`."""
        select = sa.select(subscribers.c.email_key).where(*_may_be_due(now)).order_by(subscribers.c.email_key)
        with self.engine.connect() as connection:
            return list(connection.scalars(select))

    def due_between(self, now: datetime, first: str, last: str) -> Sequence[Subscriber]:
        """Those of the same readers who stand from `first` to `last`, both included."""
        return self._select(*_may_be_due(now), subscribers.c.email_key.between(first, last))

    def profiles_due(self, now: datetime) -> Iterator[Profile]:
        """The profiles of the same readers, one at a time."""
        select = sa.select(subscribers.c.profile).where(*_may_be_due(now))
        with self.engine.connect() as connection:
            for profile in connection.execution_options(yield_per=1000).scalars(select):
                yield rows.profile_of(profile)

    def _select(self, *where: sa.ColumnElement[bool], limit: int | None = None) -> Sequence[Subscriber]:
        select = sa.select(subscribers).where(*where).order_by(subscribers.c.email_key).limit(limit)
        with self.engine.connect() as connection:
            return [rows.subscriber_of(row) for row in connection.execute(select).mappings()]

    def suppressed(self, emails: Iterable[str]) -> dict[str, str]:
        """Which of these addresses must not be written to, and why."""
        wanted = {rows.hashed(rows.email_key(email)): email for email in emails}
        found: dict[str, str] = {}
        with self.engine.connect() as connection:
            for chunk in chunks(sorted(wanted)):
                for row in connection.execute(sa.select(suppressions).where(suppressions.c.email_hash.in_(chunk))):
                    found[wanted[row.email_hash]] = row.reason
        return found

    # -------------------------------------------------------------------------------------------------- writing
    def save(self, readers: Sequence[Subscriber], now: datetime) -> list[Subscriber]:
        """Add readers, or change those whose id is known. A new reader gets an id and a token. One transaction."""
        complete = [
            replace(r, id=r.id or secrets.token_hex(8), token=r.token or secrets.token_urlsafe(24),
                    signed_up_at=r.signed_up_at or now)
            for r in readers
        ]  # fmt: skip
        if complete:
            statement = insert(self.engine, subscribers)
            update = {c.name: statement.excluded[c.name] for c in subscribers.columns if not c.primary_key}
            upsert = statement.on_conflict_do_update(index_elements=["id"], set_=update)
            with self.engine.execution_options(write=True).begin() as connection:
                connection.execute(upsert, [reader_row(reader, now) for reader in complete])
        return complete

    def change(self, before: Subscriber, after: Subscriber, now: datetime) -> bool:
        """Change what differs, and nothing else; False for a reader who has left (or else changed status, or was
        erased) since `before` was read."""
        old, new = reader_row(before, now), reader_row(after, now)
        values = {name: value for name, value in new.items() if value != old[name]}
        values |= {"changed_at": rows.seconds(now), "next_due_at": new["next_due_at"]}
        where = (subscribers.c.id == before.id, subscribers.c.status == before.status)
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(subscribers.update().where(*where).values(values)).rowcount > 0

    def choose(self, reader: Subscriber, now: datetime) -> Subscriber | None:
        """Keep what a reader chooses: name, profile, schedule, language, limit and edition. All else stays as
        it is held: who leaves in the same moment has left, and a new address is not undone. None if there is no
        such reader."""
        kept = {name: value for name, value in reader_row(reader, now).items() if name in _CHOSEN}
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(subscribers.update().where(subscribers.c.id == reader.id).values(kept))
        return self.get(reader.id)

    def unsubscribe(self, token: str, at: datetime) -> Left:
        """End the letters of whoever holds this token: at once, for good, as often as it is asked (RFC 8058)."""
        with self.engine.execution_options(write=True).begin() as connection:
            row = connection.execute(sa.select(subscribers).where(subscribers.c.token == token)).mappings().first()
            if row is None:
                gone = sa.select(suppressions.c.at).where(suppressions.c.token_hash == rows.hashed(token))
                return "unknown" if connection.execute(gone).first() is None else "already"
            if row["status"] == "left":
                return "already"
            self._leave(connection, row, "left", at)
            withdrawn = {"subscriber": row["id"], "purpose": "letters", "act": "withdrawn", "at": rows.seconds(at)}
            connection.execute(consents.insert(), withdrawn)
            return "left"

    def suppress(self, subscriber_id: str, reason: str, at: datetime) -> bool:
        """Never write to this reader again (hard bounce, complaint). False if there is no such reader."""
        with self.engine.execution_options(write=True).begin() as connection:
            row = (
                connection.execute(sa.select(subscribers).where(subscribers.c.id == subscriber_id))
                .mappings()
                .first()
            )
            if row is not None:
                self._leave(connection, row, "suppressed", at, reason)
            return row is not None

    def suppressed_since(self, since: datetime, reason: str) -> int:
        """How many readers were suppressed for this reason since that moment."""
        where = (suppressions.c.reason == reason, suppressions.c.at >= rows.seconds(since))
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(suppressions).where(*where)) or 0

    def _leave(
        self, connection: sa.Connection, row: rows.Row, status: str, at: datetime, reason: str = ""
    ) -> None:
        connection.execute(
            subscribers.update()
            .where(subscribers.c.id == row["id"])
            .values(status=status, next_due_at=None, changed_at=rows.seconds(at))
        )
        # A letter that was written but not yet posted must not follow somebody who has left.
        waiting = digests.c.state.in_(("waiting", "deferred"))
        connection.execute(
            digests.update()
            .where(digests.c.subscriber == row["id"], waiting)
            .values(state="expired", reason="the reader left before it was posted", content=None)
        )
        values = {
            "email_hash": rows.hashed(row["email_key"]), "token_hash": rows.hashed(row["token"]),
            "reason": reason or status, "at": rows.seconds(at),
        }  # fmt: skip
        connection.execute(insert(self.engine, suppressions).on_conflict_do_nothing(), values)

    def erase(self, subscriber_id: str, at: datetime) -> bool:
        """Delete all we hold on a reader. What stays is a suppression, as a hash, so that no import brings the
        address back by mistake. False if there was no such reader."""
        with self.engine.execution_options(write=True).begin() as connection:
            row = (
                connection.execute(sa.select(subscribers).where(subscribers.c.id == subscriber_id))
                .mappings()
                .first()
            )
            if row is None:
                return False
            self._leave(connection, row, "left", at, "erased")
            connection.execute(digest_items.delete().where(digest_items.c.subscriber == subscriber_id))
            connection.execute(
                digests.delete().where(digests.c.subscriber.in_((subscriber_id, elsewhere(subscriber_id))))
            )
            connection.execute(issues.delete().where(issues.c.subscriber == subscriber_id))
            connection.execute(feed_keys.delete().where(feed_keys.c.subscriber == subscriber_id))
            erase_log(connection, subscriber_id)
            connection.execute(feedback.delete().where(feedback.c.subscriber == subscriber_id))
            connection.execute(returns.delete().where(returns.c.subscriber == subscriber_id))
            connection.execute(consents.delete().where(consents.c.subscriber == subscriber_id))
            connection.execute(moves.delete().where(moves.c.subscriber == subscriber_id))
            connection.execute(asked.delete().where(sa.func.lower(asked.c.email) == row["email"].lower()))
            connection.execute(subscribers.delete().where(subscribers.c.id == subscriber_id))
            return True

    def gone(self) -> list[Barred]:
        """Everybody who must not be written to, as hashes: what has to outlive also the database itself."""
        with self.engine.connect() as connection:
            select = sa.select(suppressions).order_by(suppressions.c.at, suppressions.c.email_hash)
            return [Barred(r.email_hash, r.token_hash or "", r.reason, rows.known_moment(r.at))
                    for r in connection.execute(select)]  # fmt: skip

    def bar(self, gone: Sequence[Barred], now: datetime) -> dict[str, int]:
        """Let a restored backup know who has left, bounced or been erased since it was made; reason -> how many
        readers that concerned. What it knew already stays as it is."""
        wanted = {one.email_hash: one for one in gone}
        done: dict[str, int] = {}
        for reader in self.all():
            one = wanted.pop(rows.hashed(rows.email_key(reader.email)), None)
            if one is None or (reader.status in ("left", "suppressed") and one.reason != "erased"):
                continue
            done[one.reason] = done.get(one.reason, 0) + 1
            if one.reason == "erased":
                self.erase(reader.id, now)
            elif one.reason == "left":
                self.unsubscribe(reader.token, now)
            else:
                self.suppress(reader.id, one.reason, now)
        values = [
            {"email_hash": o.email_hash, "token_hash": o.token_hash, "reason": o.reason, "at": rows.seconds(o.at)}
            for o in wanted.values()
        ]
        if values:
            with self.engine.execution_options(write=True).begin() as connection:
                connection.execute(insert(self.engine, suppressions).on_conflict_do_nothing(), values)
        return done

    def lift(self, email: str) -> None:
        """Allow letters to an address again, because its owner asked for them."""
        hashed = rows.hashed(rows.email_key(email))
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(suppressions.delete().where(suppressions.c.email_hash == hashed))

    def plan(self, readers: Sequence[Subscriber], now: datetime) -> None:
        """Note when each reader's next period falls due, so that most runs look at few readers."""
        due = [{"reader": r.id, "at": rows.seconds(next_due(r, now))} for r in readers]
        if due:
            update = subscribers.update().where(subscribers.c.id == sa.bindparam("reader"))
            with self.engine.execution_options(write=True).begin() as connection:
                connection.execute(update.values(next_due_at=sa.bindparam("at")), due)


def reader_row(reader: Subscriber, now: datetime) -> dict[str, Any]:
    """A reader's row, with the moment at which the next period falls due."""
    due = rows.seconds(next_due(reader, reader.signed_up_at or now))
    return rows.subscriber_row(reader) | {"next_due_at": due, "changed_at": rows.seconds(now)}


def elsewhere(subscriber_id: str) -> str:
    """The name under which letters to an address that is not the reader's yet are kept: what comes back of them
    says nothing of the address that is."""
    return f"{subscriber_id}+"


def _may_be_due(now: datetime) -> Iterator[sa.ColumnElement[bool]]:
    at = rows.seconds(now)
    pause, due = subscribers.c.paused_until, subscribers.c.next_due_at
    yield subscribers.c.status == "active"
    yield sa.or_(pause.is_(None), pause <= at)
    yield sa.or_(due.is_(None), due <= at)
