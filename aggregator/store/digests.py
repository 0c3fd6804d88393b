"""The ledger of letters: one row for each reader and period, whatever became of it.

`UNIQUE(subscriber, period)` decides every race. A letter is stored before it is posted; posting takes a lease,
so that a run that dies leaves letters another run can pick up. A lease that is found expired (or whose holder is
dead) means that the letter may have gone out: it is counted as ambiguous where the outbox can't tell.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from aggregator.jsonlines import occasion_from_json
from aggregator.model import Digest, Item, Told
from aggregator.schedule import Past
from aggregator.store import issues, rows
from aggregator.store.engine import insert
from aggregator.store.holders import holder, is_dead
from aggregator.store.items import chunks
from aggregator.store.ledger import Claimed, Posted, Written, claimed_of, known, row_of, told_row
from aggregator.store.schema import digest_items, digests, items, subscribers

LISTED = digests.c.lane == 0  # a letter of the digest, and no short one that somebody waits for
URGENT = "digests.lane > 0"
WAITING = ("waiting", "deferred")
RECENT = 70 * 86_400  # seconds; more than any letter looks back
SETTLED = ("sent", "refused", "expired", "skipped", "failed")


_carried = sa.select(digest_items.c.subscriber, digest_items.c.item)


@dataclass(frozen=True, slots=True)
class Digests:
    engine: sa.Engine

    # ------------------------------------------------------------------------------------------------- preparing
    def history(self, subscriber_ids: Sequence[str], since: datetime) -> dict[str, Past]:
        """The past of these readers, as far back as periods due since that moment."""
        columns = (digests.c.subscriber, digests.c.period, digests.c.state, digests.c.until, digests.c.due_at)
        found: defaultdict[str, list[Any]] = defaultdict(list)
        with self.engine.connect() as connection:
            for chunk in chunks(subscriber_ids):
                where = (digests.c.subscriber.in_(chunk), digests.c.due_at >= rows.seconds(since), LISTED)
                for row in connection.execute(sa.select(*columns).where(*where)):
                    found[row.subscriber].append(row)
        return {subscriber: _history(past) for subscriber, past in found.items()}

    def had(self, subscriber_ids: Sequence[str]) -> dict[str, set[str]]:
        """Every item that each of these readers has had, ever. The memory never ends before the item does."""
        return self._had(_carried, digest_items.c.subscriber, subscriber_ids)

    def had_of(self, subscriber_ids: Sequence[str], offered: Collection[Item]) -> dict[str, set[str]]:
        """At least those of the `offered` items that each of these readers has had, ever.

        An item was in no letter made before it was first seen, so of a long memory only the newest letters are
        read: for what is older itself (enrolment opened), the items are asked for by name."""
        newest = max((rows.seconds(item.first_seen_at) or 0 for item in offered), default=0)
        old = {item.id for item in offered if (rows.seconds(item.first_seen_at) or 0) < newest - RECENT}
        since = min((rows.seconds(item.first_seen_at) or 0 for item in offered if item.id not in old), default=0)
        late = _carried.join(digests, digests.c.id == digest_items.c.digest).where(digests.c.made_at >= since)
        found = self._had(late, digests.c.subscriber, subscriber_ids) if offered else {}
        for some in chunks(sorted(old)):
            named = _carried.where(digest_items.c.item.in_(some))
            for subscriber, more in self._had(named, digest_items.c.subscriber, subscriber_ids).items():
                found.setdefault(subscriber, set()).update(more)
        return found

    def _had(self, select: sa.Select[Any], of: sa.ColumnElement[str], ids: Sequence[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        with self.engine.connect() as connection:
            for chunk in chunks(ids):
                for subscriber, item in connection.execute(select.where(of.in_(chunk))):
                    found.setdefault(subscriber, set()).add(item)
        return found

    def told(self, subscriber_ids: Sequence[str], changed_since: datetime) -> dict[str, dict[str, Told]]:
        """For each of these readers: item -> what the last letter that carried it told of its dates, for items
        whose dates have changed since that moment."""
        found: defaultdict[str, dict[str, Told]] = defaultdict(dict)
        select = (
            sa.select(digest_items.c.subscriber, digest_items.c.item, digest_items.c.told, digests.c.made_at)
            .join(items, items.c.id == digest_items.c.item)
            .join(digests, digests.c.id == digest_items.c.digest)
            .where(items.c.dates_changed_at >= rows.seconds(changed_since), digest_items.c.told.is_not(None))
            .order_by(digests.c.made_at)
        )
        with self.engine.connect() as connection:
            for chunk in chunks(subscriber_ids):
                for subscriber, item, told, made_at in connection.execute(
                    select.where(digest_items.c.subscriber.in_(chunk))
                ):
                    if occasion := occasion_from_json(told):
                        found[subscriber][item] = Told(occasion, known(made_at))
        return found

    def waiting_items(self, subscriber_ids: Sequence[str]) -> dict[str, set[str]]:
        """Items that had no room in the last letter of these readers, or were in one that never reached them."""
        found: dict[str, set[str]] = {}
        with self.engine.connect() as connection:
            for chunk in chunks(subscriber_ids):
                where = (digests.c.subscriber.in_(chunk), digests.c.held_back.is_not(None))
                for subscriber, held in connection.execute(
                    sa.select(digests.c.subscriber, digests.c.held_back).where(*where)
                ):
                    found.setdefault(subscriber, set()).update(held)
        return found

    def write(self, written: Sequence[Written], clock: datetime) -> list[Written]:
        """Store letters and skips in one transaction; returns those that were really new.

        A period that another run has settled stays as it is; one that failed before may be written again.
        """
        statement = insert(self.engine, digests)
        update = {
            c.name: statement.excluded[c.name] for c in digests.columns if c.name not in ("subscriber", "period")
        }
        upsert = statement.on_conflict_do_update(
            index_elements=["subscriber", "period"], set_=update, where=digests.c.state == "failed"
        ).returning(digests.c.id)
        values = [row_of(one, clock) for one in written]  # packed before the database is locked
        with self.engine.execution_options(write=True).begin() as connection:
            new = set(connection.scalars(upsert, values)) if values else set()
            stored = [one for one in written if one.digest_id in new]
            self._write_items(connection, stored)
        return stored

    def _write_items(self, connection: sa.Connection, written: Sequence[Written]) -> None:
        letters = [one for one in written if one.letter and not one.urgent]
        # What waited was offered anew, so only the newest letter's remainder counts as waiting.
        for chunk in chunks(letters):
            ids, readers = [one.digest_id for one in chunk], [one.due.subscriber.id for one in chunk]
            where = (digests.c.subscriber.in_(readers), digests.c.id.not_in(ids), digests.c.held_back.is_not(None))
            connection.execute(digests.update().where(*where).values(held_back=sa.null()))
        values = [
            {
                "digest": one.digest_id,
                "subscriber": one.due.subscriber.id,
                "item": pick.item.id,
                "position": position,
                "told": told_row(pick),
            }
            for one in letters
            for position, pick in enumerate(one.selection.picks)
        ]
        issues.write(self.engine, connection, [(o.issue, o.due.subscriber.id) for o in letters if o.issue])
        if values:
            connection.execute(insert(self.engine, digest_items).on_conflict_do_nothing(), values)

    # --------------------------------------------------------------------------------------------------- posting
    def claim(
        self,
        now: datetime,
        lease_seconds: int,
        limit: int = 1,
        only: Sequence[str] = (),
        avoid: Sequence[str] = (),
        *,
        urgent: bool = False,
    ) -> list[Claimed]:
        """Take letters to post, urgent ones first (or alone), for at most `lease_seconds`; none to the domains in
        `avoid`.

        `now` is the real clock here."""
        at = rows.seconds(now) or 0
        with self.engine.execution_options(write=True).begin() as connection:
            found = self._ready_ones(connection, _ready(at, only, avoid), limit, urgent=urgent)
            self._lease(connection, [row["id"] for row in found], at + lease_seconds)
        return [claimed_of(row) for row in found]

    def coming(
        self,
        now: datetime,
        limit: int,
        only: Sequence[str] = (),
        avoid: Sequence[str] = (),
        *,
        urgent: bool = False,
        besides: Collection[str] = (),
    ) -> list[Claimed]:
        """The letters that would be claimed next, `besides` those with these ids; nobody holds them yet."""
        with self.engine.connect() as connection:
            ready = sa.and_(_ready(rows.seconds(now) or 0, only, avoid), digests.c.id.not_in(sorted(besides)))
            found = self._ready_ones(connection, ready, limit, urgent=urgent)
        return [claimed_of(row) for row in found]

    def turn(
        self, posted: Sequence[Posted], seen: Sequence[Claimed], now: datetime, lease_seconds: int
    ) -> dict[str, Claimed]:
        """Record what became of letters, and take those that were `coming`, in one transaction. By their ids those
        that can still be posted now, and as they were seen."""
        with self.engine.execution_options(write=True).begin() as connection:
            self._settle(connection, posted)
            return self._claim(connection, seen, rows.seconds(now) or 0, lease_seconds) if seen else {}

    def _claim(
        self, connection: sa.Connection, seen: Sequence[Claimed], at: int, lease_seconds: int
    ) -> dict[str, Claimed]:
        by_id, taken = {one.letter.digest_id: one for one in seen}, {}
        for chunk in chunks(sorted(by_id)):
            for row in connection.execute(_CLAIM, {"ids": chunk, "at": at}):
                one = by_id[row.id]
                if row.stored_at == rows.seconds(one.stored_at):  # else it was written anew meanwhile
                    resumed, doubt = row.lease_owner is not None, row.ambiguous > 0
                    taken[row.id] = replace(one, attempts=row.attempts + 1, resumed=resumed, ambiguous=doubt)
        self._lease(connection, list(taken), at + lease_seconds)
        return taken

    def _ready_ones(
        self, connection: sa.Connection, ready: sa.ColumnElement[bool], limit: int, *, urgent: bool
    ) -> list[rows.Row]:
        found: list[rows.Row] = []
        # One question for each lane and no ORDER BY, which would sort all that waits for every letter.
        # In words, because a partial index is not seen behind a bound value.
        for lane in (URGENT, *(() if urgent else ("digests.lane = 0",))):
            select = sa.select(digests).where(sa.and_(sa.text(lane), ready)).limit(limit - len(found))
            if len(found) < limit:
                found += connection.execute(select.with_for_update(skip_locked=True)).mappings().all()
        return found

    def _lease(self, connection: sa.Connection, ids: Sequence[str], until: int) -> None:
        for chunk in chunks(ids):
            connection.execute(_LEASE, {"ids": chunk, "owner": holder(), "lease": until})

    def free_the_dead(self, now: datetime) -> None:
        """End the leases of processes of this machine that no longer live. `now` is the real clock."""
        at = rows.seconds(now) or 0
        leased = sa.select(digests.c.lease_owner).where(
            digests.c.lease_owner.is_not(None), digests.c.lease_until > at
        )
        with self.engine.execution_options(write=True).begin() as connection:
            dead = [owner for (owner,) in connection.execute(leased.distinct()) if is_dead(owner)]
            if dead:
                free = digests.update().where(digests.c.lease_owner.in_(dead))
                connection.execute(free.values(lease_until=at))

    def settle(self, posted: Sequence[Posted]) -> None:
        """Record what became of posted letters, in one transaction. A sent letter's bytes stay until pruned."""
        with self.engine.execution_options(write=True).begin() as connection:
            self._settle(connection, posted)

    def _settle(self, connection: sa.Connection, posted: Sequence[Posted]) -> None:
        alike: defaultdict[tuple[bool, bool], list[dict[str, Any]]] = defaultdict(list)
        for one in posted:
            alike[one.state == "deferred", one.ambiguous].append(
                {"posted": one.digest_id, "state": one.state, "reason": one.reason,
                 "next_try_at": rows.seconds(one.next_try_at), "lease_owner": None, "lease_until": None,
                 "posted_at": rows.seconds(one.at) if one.state == "sent" else None}
            )  # fmt: skip
        for kind, values in alike.items():
            connection.execute(_settling(*kind), values)
        self.give_back(connection, [one for one in posted if one.state not in ("sent", "deferred")])

    def give_back(self, connection: sa.Connection, lost: Sequence[Posted]) -> None:
        """What a lost letter carried waits for the next one; a failed one's reader is looked at again at once."""
        for one in lost:
            theirs = digest_items.c.digest == one.digest_id
            carried = list(connection.scalars(sa.select(digest_items.c.item).where(theirs)))
            where = digests.c.id == one.digest_id
            waiting = connection.scalar(sa.select(digests.c.held_back).where(where)) or []
            connection.execute(digests.update().where(where).values(held_back=sorted({*waiting, *carried})))
            connection.execute(digest_items.delete().where(theirs))
        if failed := [one.digest_id for one in lost if one.state == "failed"]:
            readers = sa.select(digests.c.subscriber).where(digests.c.id.in_(failed))
            connection.execute(subscribers.update().where(subscribers.c.id.in_(readers)).values(next_due_at=None))

    def repeated(self, since: datetime) -> list[tuple[str, str]]:
        """(id, Message-ID) of letters sent since that moment although an earlier try may have arrived."""
        sent = (digests.c.state == "sent", digests.c.ambiguous > 0, digests.c.posted_at >= rows.seconds(since))
        select = sa.select(digests.c.id, digests.c.message_id).where(*sent).order_by(digests.c.id)
        with self.engine.connect() as connection:
            return [(row.id, row.message_id) for row in connection.execute(select)]

    def release(self, digest_ids: Sequence[str], resumed: Sequence[str] = ()) -> None:
        """Give letters back that were claimed but not tried: no attempt is counted. Of those in `resumed` it stays
        known that an earlier try may have arrived."""
        with self.engine.execution_options(write=True).begin() as connection:
            for chunk in chunks(digest_ids):
                free = {"lease_owner": None, "lease_until": None, "attempts": digests.c.attempts - 1}
                connection.execute(digests.update().where(digests.c.id.in_(chunk)).values(free))
            for chunk in chunks(resumed):
                doubt = digests.update().where(digests.c.id.in_(chunk))
                connection.execute(doubt.values(ambiguous=digests.c.ambiguous + 1))

    # --------------------------------------------------------------------------------------------------- looking
    def ready(
        self, now: datetime, only: Sequence[str] = (), avoid: Sequence[str] = (), *, urgent: bool = False
    ) -> int:
        """How many letters (or urgent ones) could be posted now (by the real clock), those to the domains in
        `avoid` left out."""
        select = sa.select(sa.func.count()).select_from(digests)
        select = select.where(_ready(rows.seconds(now) or 0, only, avoid))
        if urgent:
            select = select.where(sa.text(URGENT))
        with self.engine.connect() as connection:
            return connection.scalar(select) or 0

    def sent_since(self, since: datetime) -> int:
        """How many letters have gone out since that moment."""
        where = (digests.c.state == "sent", digests.c.posted_at >= rows.seconds(since))
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(digests).where(*where)) or 0

    def counts(self) -> dict[str, int]:
        """How many digests there are in each state."""
        with self.engine.connect() as connection:
            select = sa.select(digests.c.state, sa.func.count()).group_by(digests.c.state)
            return {row[0]: row[1] for row in connection.execute(select)}

    def of(self, subscriber_id: str) -> list[Digest]:
        """All digests of one reader, oldest first."""
        select = sa.select(digests).where(digests.c.subscriber == subscriber_id).order_by(digests.c.due_at)
        with self.engine.connect() as connection:
            return [
                Digest(
                    r["id"],
                    r["subscriber"],
                    r["period"],
                    r["state"],
                    known(r["made_at"]),
                    r["reason"],
                    r["attempts"],
                )
                for r in connection.execute(select).mappings()
            ]

    def oldest_waiting(self) -> datetime | None:
        """Since when the oldest letter that should be out has been waiting."""
        waiting = digests.c.state.in_(WAITING)
        with self.engine.connect() as connection:
            return rows.moment(connection.scalar(sa.select(sa.func.min(digests.c.due_at)).where(waiting)))

    def prune(self, before: datetime) -> int:
        """Drop the bytes of letters settled before that moment; the record of what was sent stays."""
        where = (
            digests.c.made_at < rows.seconds(before),
            digests.c.state.in_(SETTLED),
            digests.c.content.is_not(None),
        )
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(digests.update().where(*where).values(content=None, recipient=None)).rowcount


def _ready(
    at: int | sa.BindParameter[int], only: Sequence[str], avoid: Sequence[str] = ()
) -> sa.ColumnElement[bool]:
    """Letters that wait, whose time for a next try has come, and that nobody alive is posting."""
    return sa.and_(
        digests.c.state.in_(WAITING),
        sa.or_(digests.c.next_try_at.is_(None), digests.c.next_try_at <= at),
        sa.or_(digests.c.lease_owner.is_(None), digests.c.lease_until <= at),
        *([digests.c.subscriber.in_(only)] if only else []),
        *(digests.c.recipient.not_like(f"%@{_plainly(domain)}", escape="!") for domain in avoid),
    )


@cache
def _settling(deferred: bool, ambiguous: bool) -> sa.Update:
    update = digests.update().where(digests.c.id == sa.bindparam("posted"))
    if deferred:  # its reader may have left meanwhile, and then nothing is tried again
        update = update.where(sa.or_(*(digests.c.state == state for state in WAITING)))
    return update.values(ambiguous=digests.c.ambiguous + 1) if ambiguous else update


# Made once: they are run for every few letters, and making one takes longer than running it.
_THESE = digests.c.id.in_(sa.bindparam("ids", expanding=True))
_CLAIM = (
    sa.select(*(digests.c[name] for name in ("id", "attempts", "lease_owner", "ambiguous", "stored_at")))
    .where(_THESE, _ready(sa.bindparam("at"), ()))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    digests.update()
    .where(_THESE)
    .values(lease_owner=sa.bindparam("owner"), lease_until=sa.bindparam("lease"), attempts=digests.c.attempts + 1)
)


def _plainly(text: str) -> str:
    """`text` for LIKE, in which nothing stands for anything else."""
    return re.sub(r"([!%_])", r"!\1", text)


def _history(past: Sequence[Any]) -> Past:
    settled = [row for row in past if row.state != "failed"]
    offered = [row.until for row in settled if row.until]
    return Past(
        periods=frozenset(row.period for row in settled),
        until=rows.moment(max(offered, default=None)),
        last_due_at=rows.moment(max((row.due_at for row in settled), default=None)),
    )
