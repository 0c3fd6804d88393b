"""What members logged of their own professional development, with the files they keep as evidence.

Everything is asked for by the member's id as well as its own, so that nobody reaches another's log by guessing.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from aggregator.cpd.jsonform import from_json, to_json
from aggregator.cpd.record import Activity, Evidence, Membership
from aggregator.store import rows
from aggregator.store.engine import insert
from aggregator.store.schema import cpd_activities, cpd_evidence, cpd_memberships, digest_items, digests

_SAID = [column for column in cpd_evidence.columns if column.name != "content"]
_PLAIN = ("id", "kind", "name", "media_type", "size", "sha256", "url", "note")


@dataclass(frozen=True, slots=True)
class Cpd:
    engine: sa.Engine

    # ------------------------------------------------------------------------------------------------ activities
    def of(self, subscriber_id: str) -> Sequence[Activity]:
        """A member's activities, the latest first, each with what is said of its evidence."""
        return self._found(cpd_activities.c.subscriber == subscriber_id)

    def get(self, subscriber_id: str, activity_id: str) -> Activity | None:
        mine = cpd_activities.c.subscriber == subscriber_id
        return next(iter(self._found(mine, cpd_activities.c.id == activity_id)), None)

    def of_meeting(self, secret: str) -> Sequence[Activity]:
        """All entries about a meeting, the one that invited first. What is in them beside the facts of the meeting
        is nobody else's."""
        found = self._found(cpd_activities.c.meeting == secret) if secret else []
        return sorted(found, key=lambda one: rows.seconds(one.created_at) or 0)

    def _found(self, *where: sa.ColumnElement[bool]) -> list[Activity]:
        order = (cpd_activities.c.last_day.desc(), cpd_activities.c.created_at.desc(), cpd_activities.c.id)
        with self.engine.connect() as connection:
            held = connection.execute(sa.select(cpd_activities).where(*where).order_by(*order)).mappings().all()
            inside = sa.select(cpd_activities.c.id).where(*where)
            wanted = sa.select(*_SAID).where(cpd_evidence.c.activity.in_(inside))
            proofs = connection.execute(wanted.order_by(cpd_evidence.c.added_at, cpd_evidence.c.id)).mappings()
            by_activity: dict[str, list[Evidence]] = {}
            for row in proofs:
                by_activity.setdefault(row["activity"], []).append(_evidence_of(row))
        return [_activity_of(row, tuple(by_activity.get(row["id"], ()))) for row in held]

    def save(self, activity: Activity, now: datetime) -> Activity:
        """Add an activity, or change one of the same member; gives it back as it is kept. Raises KeyError when it
        is somebody else's or has been deleted meanwhile."""
        kept = replace(
            activity, id=activity.id or secrets.token_hex(8), created_at=activity.created_at or now, changed_at=now
        )
        values = _row(kept)
        with self.engine.execution_options(write=True).begin() as connection:
            if not activity.id:
                connection.execute(cpd_activities.insert(), values)
                return kept
            mine = (cpd_activities.c.id == kept.id, cpd_activities.c.subscriber == kept.subscriber)
            if connection.execute(cpd_activities.update().where(*mine).values(values)).rowcount == 0:
                raise KeyError(activity.id)
        return kept

    def add(self, activity: Activity, now: datetime) -> Activity:
        """Keep a new activity under the id that its form was given, so that a form that is sent twice is kept
        once, as it was sent last. An id that is somebody else's gives way to another."""
        try:
            return self.save(activity, now)
        except KeyError:
            kept = replace(activity, created_at=now, changed_at=now)
        fresh = insert(self.engine, cpd_activities).on_conflict_do_nothing()
        with self.engine.execution_options(write=True).begin() as connection:
            if connection.execute(fresh, _row(kept)).rowcount:
                return kept
        return self.save(replace(activity, id=""), now)

    def count(self, subscriber_id: str) -> int:
        """How many activities a member has logged."""
        mine = cpd_activities.c.subscriber == subscriber_id
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(mine)) or 0

    def seen_in(self, subscriber_id: str, item_id: str) -> str:
        """The period of the latest letter in which a reader had an item, or nothing."""
        carried = digest_items.join(digests, digests.c.id == digest_items.c.digest)
        mine = (digest_items.c.subscriber == subscriber_id, digest_items.c.item == item_id)
        wanted = sa.select(digests.c.period).select_from(carried).where(*mine).order_by(digests.c.due_at.desc())
        with self.engine.connect() as connection:
            return connection.scalar(wanted.limit(1)) or ""

    def share(self, subscriber_id: str, activity_id: str) -> str:
        """The secret under which the other side of a meeting logs it, too; made when it is first asked for. Empty
        if there is no such activity."""
        mine = (cpd_activities.c.id == activity_id, cpd_activities.c.subscriber == subscriber_id)
        with self.engine.execution_options(write=True).begin() as connection:
            fresh = cpd_activities.update().where(*mine, cpd_activities.c.meeting.is_(None))
            connection.execute(fresh.values(meeting=secrets.token_urlsafe(24)))
            return connection.scalar(sa.select(cpd_activities.c.meeting).where(*mine)) or ""

    def delete(self, subscriber_id: str, activity_id: str) -> bool:
        """Delete an activity and its files. False if there was none."""
        mine = (cpd_activities.c.id == activity_id, cpd_activities.c.subscriber == subscriber_id)
        proofs = (cpd_evidence.c.activity == activity_id, cpd_evidence.c.subscriber == subscriber_id)
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(cpd_evidence.delete().where(*proofs))
            return connection.execute(cpd_activities.delete().where(*mine)).rowcount > 0

    # -------------------------------------------------------------------------------------------------- evidence
    def attach(
        self, subscriber_id: str, activity_id: str, evidence: Evidence, content: bytes | None, now: datetime
    ) -> Evidence | None:
        """Keep a file or an address with an activity; None if there is no such activity. The same bytes once more
        are the same file under another name."""
        kept = replace(evidence, id=secrets.token_hex(8), added_at=now)
        mine = (cpd_activities.c.id == activity_id, cpd_activities.c.subscriber == subscriber_id)
        with self.engine.execution_options(write=True).begin() as connection:
            if connection.execute(sa.select(cpd_activities.c.id).where(*mine)).first() is None:
                return None
            same = (cpd_evidence.c.activity == activity_id, cpd_evidence.c.sha256 == kept.sha256)
            held = connection.scalar(sa.select(cpd_evidence.c.id).where(*same)) if kept.sha256 else None
            if held is not None:
                named = {name: getattr(kept, name) for name in ("kind", "name", "note")}
                connection.execute(cpd_evidence.update().where(cpd_evidence.c.id == held).values(named))
                return replace(kept, id=held)
            values = {name: rows.clean(getattr(kept, name)) for name in _PLAIN}
            owner = {"activity": activity_id, "subscriber": subscriber_id, "added_at": rows.seconds(now)}
            connection.execute(cpd_evidence.insert(), values | owner | {"content": content})
        return kept

    def file(self, subscriber_id: str, evidence_id: str) -> tuple[Evidence, bytes] | None:
        """A file with its bytes, of this member only."""
        mine = (cpd_evidence.c.id == evidence_id, cpd_evidence.c.subscriber == subscriber_id)
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(cpd_evidence).where(*mine)).mappings().first()
        return None if row is None or row["content"] is None else (_evidence_of(row), bytes(row["content"]))

    def detach(self, subscriber_id: str, evidence_id: str) -> bool:
        mine = (cpd_evidence.c.id == evidence_id, cpd_evidence.c.subscriber == subscriber_id)
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(cpd_evidence.delete().where(*mine)).rowcount > 0

    def bytes_of(self, subscriber_id: str) -> int:
        """How many bytes of files are kept for a member."""
        total = sa.select(sa.func.sum(cpd_evidence.c.size)).where(cpd_evidence.c.subscriber == subscriber_id)
        with self.engine.connect() as connection:
            return int(connection.scalar(total) or 0)

    # --------------------------------------------------------------------------------------------------- schemes
    def memberships(self, subscriber_id: str) -> Sequence[Membership]:
        """The schemes that a reader keeps a log for."""
        wanted = sa.select(cpd_memberships).where(cpd_memberships.c.subscriber == subscriber_id)
        with self.engine.connect() as connection:
            found = connection.execute(wanted.order_by(cpd_memberships.c.scheme)).mappings()
            return [_membership_of(row) for row in found]

    def join(self, membership: Membership, now: datetime) -> None:
        """Keep a log for a scheme, or change its term, level or statement."""
        values = asdict(membership) | {"changed_at": rows.seconds(now)}
        values["started"] = membership.started.isoformat() if membership.started else None
        values["statement"] = rows.clean(membership.statement)
        statement = insert(self.engine, cpd_memberships)
        update = {name: statement.excluded[name] for name in ("started", "level", "statement", "changed_at")}
        upsert = statement.on_conflict_do_update(index_elements=["subscriber", "scheme"], set_=update)
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(upsert, values)

    def leave(self, subscriber_id: str, scheme: str) -> bool:
        """Keep no log for a scheme any more. What was logged for it stays."""
        mine = (cpd_memberships.c.subscriber == subscriber_id, cpd_memberships.c.scheme == scheme)
        with self.engine.execution_options(write=True).begin() as connection:
            return connection.execute(cpd_memberships.delete().where(*mine)).rowcount > 0

    # ------------------------------------------------------------------------------------------------- retention
    def older_than(self, before: datetime) -> int:
        """How many activities `prune` would delete."""
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(*_old(before))) or 0

    def prune(self, before: datetime) -> int:
        """Delete activities that ended before that day and were not touched since. Returns how many."""
        old = sa.select(cpd_activities.c.id).where(*_old(before))
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(cpd_evidence.delete().where(cpd_evidence.c.activity.in_(old)))
            return connection.execute(cpd_activities.delete().where(*_old(before))).rowcount


def erase_log(connection: sa.Connection, subscriber_id: str) -> None:
    """Delete all that a reader logged, in the transaction that erases the reader."""
    for table in (cpd_evidence, cpd_activities, cpd_memberships):
        connection.execute(table.delete().where(table.c.subscriber == subscriber_id))


def _old(before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    day, at = before.date().isoformat(), rows.seconds(before)
    return cpd_activities.c.last_day < day, cpd_activities.c.changed_at < at


def _row(activity: Activity) -> dict[str, Any]:
    record = rows.clean(to_json(replace(activity, evidence=())))
    return {
        "id": activity.id, "subscriber": activity.subscriber, "last_day": activity.last_day.isoformat(),
        "meeting": activity.meeting or None, "record": record,
        "created_at": rows.seconds(activity.created_at), "changed_at": rows.seconds(activity.changed_at),
    }  # fmt: skip


def _activity_of(row: rows.Row, evidence: tuple[Evidence, ...]) -> Activity:
    found = from_json(row["record"], row["subscriber"])
    return replace(
        found, meeting=row["meeting"] or "", evidence=evidence,
        created_at=rows.known_moment(row["created_at"]), changed_at=rows.known_moment(row["changed_at"]),
    )  # fmt: skip


def _evidence_of(row: rows.Row) -> Evidence:
    return Evidence(**{name: row[name] for name in _PLAIN}, added_at=rows.known_moment(row["added_at"]))


def _membership_of(row: rows.Row) -> Membership:
    started = date.fromisoformat(row["started"]) if row["started"] else None
    plain = {name: row[name] for name in ("subscriber", "scheme", "level", "statement")}
    return Membership(**plain, started=started, changed_at=rows.known_moment(row["changed_at"]))
