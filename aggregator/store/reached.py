"""What has reached a reader: the letters that went out, and what they carried. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from aggregator.store import rows
from aggregator.store.schema import digest_items, digests, item_topics


@dataclass(frozen=True, slots=True)
class Carried:
    """A letter that went out, and how many items it carried."""

    digest_id: str
    made_at: datetime
    subject: str
    items: int


@dataclass(frozen=True, slots=True)
class Reached:
    engine: sa.Engine

    def topics(self, subscriber_id: str, since: datetime) -> dict[str, int]:
        """Topic -> how many items of it were in letters to this reader that were made after `since`."""
        carried = (
            sa.select(digest_items.c.item)
            .join(digests, digests.c.id == digest_items.c.digest)
            .where(*_sent(subscriber_id), digests.c.made_at > rows.seconds(since))
        )
        select = sa.select(item_topics.c.topic, sa.func.count()).where(item_topics.c.item.in_(carried))
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(select.group_by(item_topics.c.topic))}

    def letters(self, subscriber_id: str, limit: int = 10) -> Sequence[Carried]:
        """The letters that went out to this reader, newest first."""
        count = sa.select(sa.func.count()).where(digest_items.c.digest == digests.c.id).scalar_subquery()
        select = (
            sa.select(digests.c.id, digests.c.made_at, digests.c.subject, count.label("items"))
            .where(*_sent(subscriber_id))
            .order_by(digests.c.made_at.desc(), digests.c.id)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [
                Carried(row.id, rows.known_moment(row.made_at), row.subject or "", row.items)
                for row in connection.execute(select)
            ]

    def of_item(self, subscriber_id: str, item_id: str) -> Sequence[datetime]:
        """When letters that carried this item were made for this reader, oldest first."""
        select = (
            sa.select(digests.c.made_at)
            .join(digest_items, digest_items.c.digest == digests.c.id)
            .where(*_sent(subscriber_id), digest_items.c.item == item_id)
            .order_by(digests.c.made_at)
        )
        with self.engine.connect() as connection:
            return [rows.known_moment(at) for at in connection.scalars(select)]


def _sent(subscriber_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Letters of the digest (no short ones) to this reader that went out."""
    return digests.c.subscriber == subscriber_id, digests.c.state == "sent", digests.c.lane == 0
