"""Items as people browse them: newest first, by topic, those with dates. Only of sources that are open to all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from aggregator.model import Item
from aggregator.store import rows
from aggregator.store.items import LIGHT, Items
from aggregator.store.schema import item_topics, items, sources

_BARE = [column for column in LIGHT if column.name != "text"]
_NEWEST = (items.c.first_seen_at.desc(), items.c.n.desc())


@dataclass(frozen=True, slots=True)
class Browsing:
    """`public`: ids of the sources that may be shown. What is of no known source is not shown either."""

    engine: sa.Engine
    items: Items

    def newest(
        self, public: Collection[str], topic: str = "", *, fresh: bool = False, limit: int = 50, offset: int = 0
    ) -> list[Item]:
        """Items, newest first, with topics and without HTML; `fresh`: none that was old when we first saw it."""
        select = sa.select(*LIGHT).where(self._open(public)).order_by(*_NEWEST).limit(limit).offset(offset)
        if topic:
            select = select.join(item_topics, item_topics.c.item == items.c.id).where(item_topics.c.topic == topic)
        if fresh:
            select = select.where(items.c.fresh.is_(True))
        return [item for item in self.items.chosen(select) if item.source in public]

    def dated(self, public: Collection[str], since: datetime, topic: str = "") -> list[Item]:
        """Items with dates first seen after `since`, newest first; without text and topics, for calendars."""
        where = (items.c.occasion.is_not(None), items.c.first_seen_at > rows.seconds(since))
        select = sa.select(*_BARE).where(*where).order_by(*_NEWEST)
        if topic:
            select = select.join(item_topics, item_topics.c.item == items.c.id).where(item_topics.c.topic == topic)
        with self.engine.connect() as connection:
            found = connection.execute(select).mappings()
            return [rows.item_of(row) for row in found if row["source"] in public]

    def sources_of(self, topic: str, since: datetime) -> set[str]:
        """The sources that brought items with a topic since that moment."""
        of_topic = sa.select(item_topics.c.item).where(item_topics.c.topic == topic)
        where = (items.c.id.in_(of_topic), items.c.first_seen_at > rows.seconds(since))
        with self.engine.connect() as connection:
            return set(connection.scalars(sa.select(items.c.source).where(*where).distinct()))

    def _open(self, public: Collection[str]) -> sa.ColumnElement[bool]:
        """Not of a source that is known and not open to all. Few are, so that the list is short."""
        with self.engine.connect() as connection:
            hidden = sorted(set(connection.scalars(sa.select(sources.c.id))) - set(public))
        return items.c.source.not_in(hidden) if hidden else sa.true()
