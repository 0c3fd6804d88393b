"""Addresses that are to change. A change waits until the old address and the new one have confirmed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from aggregator.store import rows
from aggregator.store.consents import FOR_GOOD
from aggregator.store.digests import WAITING, Digests
from aggregator.store.engine import insert
from aggregator.store.ledger import Posted
from aggregator.store.schema import digests, moves, subscribers, suppressions

Side = Literal["old", "new"]
Agreed = Literal["waits", "done", "taken", "unknown"]


@dataclass(frozen=True, slots=True)
class Move:
    """A change of address that was asked for. Its links name its `mark`; `old_at`, `new_at`: confirmed when."""

    subscriber: str
    email: str
    mark: str
    at: datetime
    old_at: datetime | None = None
    new_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Moves:
    engine: sa.Engine

    def of(self, subscriber_id: str) -> Move | None:
        """The change that this reader has asked for last."""
        with self.engine.connect() as connection:
            select = sa.select(moves).where(moves.c.subscriber == subscriber_id)
            row = connection.execute(select).mappings().first()
        return _move(row) if row else None

    def begin(self, move: Move) -> None:
        """Keep a change that is asked for; one that was asked for before gives way."""
        values = {
            "subscriber": move.subscriber, "email": move.email, "mark": move.mark, "at": rows.seconds(move.at),
            "old_at": None, "new_at": None,
        }  # fmt: skip
        statement = insert(self.engine, moves)
        update = {name: statement.excluded[name] for name in ("email", "mark", "at", "old_at", "new_at")}
        upsert = statement.on_conflict_do_update(index_elements=["subscriber"], set_=update)
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(upsert, values)

    def agree(self, subscriber_id: str, mark: str, side: Side, at: datetime) -> Agreed:
        """One side confirms. `done`: so had the other; it is changed, all earlier links are void. `taken`:
        the new address is another reader's, or must not be written to. `unknown`: no such change waits."""
        try:
            with self.engine.execution_options(write=True).begin() as connection:
                agreed = _agree(connection, subscriber_id, mark, side, at)
                if agreed == "done":
                    self._withdraw(connection, subscriber_id, at)
                return agreed
        except sa.exc.IntegrityError:
            return "taken"  # in this very moment

    def _withdraw(self, connection: sa.Connection, subscriber_id: str, at: datetime) -> None:
        """Post nothing of what waits for the old address: digests are written anew by the next run, short letters
        have had their time."""
        where = (
            digests.c.subscriber == subscriber_id, digests.c.state.in_(WAITING), digests.c.lease_owner.is_(None),
        )  # fmt: skip
        found = connection.execute(sa.select(digests.c.id, digests.c.lane).where(*where).with_for_update()).all()
        lost = [Posted(row.id, "expired" if row.lane else "failed", at) for row in found]
        for one in lost:
            values = {"state": one.state, "reason": "the reader's address has changed", "content": None}
            connection.execute(digests.update().where(digests.c.id == one.digest_id).values(values))
        Digests(self.engine).give_back(connection, lost)

    def stop(self, subscriber_id: str, mark: str) -> bool:
        """Forget a change that one side does not want; False if it does not wait (any more)."""
        where = (moves.c.subscriber == subscriber_id, moves.c.mark == mark)
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(moves.delete().where(*where)).rowcount > 0

    def forget(self, before: datetime) -> int:
        """Drop changes that were asked for before that moment and not confirmed."""
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(moves.delete().where(moves.c.at < rows.seconds(before))).rowcount


def _agree(connection: sa.Connection, subscriber_id: str, mark: str, side: Side, at: datetime) -> Agreed:
    where = (moves.c.subscriber == subscriber_id, moves.c.mark == mark)
    row = connection.execute(sa.select(moves).where(*where).with_for_update()).mappings().first()
    if row is None:
        return "unknown"
    if side == "new" and _is_taken(connection, row):
        return "taken"
    connection.execute(moves.update().where(*where).values({f"{side}_at": rows.seconds(at)}))
    if row["new_at" if side == "old" else "old_at"] is None:
        return "waits"
    if _is_taken(connection, row):
        return "taken"
    key = rows.email_key(row["email"])
    changed = {"email": row["email"], "email_key": key, "links": subscribers.c.links + 1}
    reader = subscribers.update().where(subscribers.c.id == subscriber_id)
    connection.execute(reader.values(changed | {"changed_at": rows.seconds(at)}))
    connection.execute(moves.delete().where(*where))
    # Who had left with the new address has asked for letters there now.
    connection.execute(suppressions.delete().where(suppressions.c.email_hash == rows.hashed(key)))
    return "done"


def _is_taken(connection: sa.Connection, row: rows.Row) -> bool:
    key = rows.email_key(row["email"])
    other = sa.select(subscribers.c.id).where(
        subscribers.c.email_key == key, subscribers.c.id != row["subscriber"]
    )
    barred = sa.select(suppressions.c.reason).where(suppressions.c.email_hash == rows.hashed(key))
    return connection.execute(other).first() is not None or connection.scalar(barred) in FOR_GOOD


def _move(row: rows.Row) -> Move:
    return Move(
        row["subscriber"], row["email"], row["mark"], rows.known_moment(row["at"]), rows.moment(row["old_at"]),
        rows.moment(row["new_at"]),
    )  # fmt: skip
