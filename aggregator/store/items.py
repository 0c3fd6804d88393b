"""Items: found again by their keys, written in batches, read as a window of time, searched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from aggregator.dedupe import Changes, Held, Near, content_hash, keys
from aggregator.model import Item, Tag
from aggregator.occasions import opening, revised, with_copy
from aggregator.store import marks, rows
from aggregator.store.corrections import of_items
from aggregator.store.fulltext import condition, search_text
from aggregator.store.many import insert_many, is_among
from aggregator.store.schema import RETAGGED, item_keys, item_topics, items, settings, sightings
from aggregator.text import words
from aggregator.topics.corrections import corrected, in_force
from aggregator.topics.rules import Match, Matcher, Rule, candidates
from aggregator.topics.rules.index import Every, Word
from aggregator.urls import canonical

V = TypeVar("V")
HIGHEST = 2**31 - 1  # what a column of whole numbers takes
CHUNK = 500  # values in one IN list; far below every engine's limit
KEPT = ("id", "source", "first_seen_at", "fresh", "follows")  # what stays when the text of an item changes
# What publish and search need; bodies as HTML stay on disk.
LIGHT = [column for column in items.columns if column.name not in ("html", "search", "content_hash", "rules", "n")]


@dataclass(frozen=True, slots=True)
class Items:
    engine: sa.Engine

    def held(self, wanted: Iterable[str]) -> dict[str, Held]:
        """What we hold under any of these dedupe keys."""
        by_number = {rows.key_number(key): key for key in wanted}
        select = sa.select(
            item_keys.c.key, items.c.id, items.c.source, items.c.guid, items.c.url, items.c.title,
            items.c.published_at, items.c.content_hash,
        ).join(items, items.c.id == item_keys.c.item)  # fmt: skip
        found: dict[str, Held] = {}
        with self.engine.connect() as connection:
            where = is_among(connection, item_keys.c.key, by_number)
            for row in connection.execute(select.where(where)).mappings():
                fields = {name: row[name] for name in ("id", "source", "guid", "url", "title", "content_hash")}
                published_at = rows.moment(row["published_at"])
                found[by_number[row["key"]]] = Held(**fields, published_at=published_at)
        return found

    def near(self, strangers: Sequence[Item]) -> Near:
        """What we hold that may tell the same as these."""
        with self.engine.connect() as connection:
            return marks.near(connection, strangers)

    def taken(self, ids: Iterable[str]) -> set[str]:
        """Which of these ids belong to items we hold."""
        with self.engine.connect() as connection:
            where = is_among(connection, items.c.id, set(ids))
            return set(connection.scalars(sa.select(items.c.id).where(where)))

    def write(self, connection: sa.Connection, changes: Changes, now: datetime, rules: str) -> None:
        """Store what `dedupe` decided, inside the caller's transaction."""
        if changes.new:
            connection.execute(items.insert(), [self._new_row(item, rules) for item in changes.new])
        held = self._held(connection, {held_id for held_id, _ in (*changes.updated, *changes.merged)})
        for held_id, item in changes.updated:
            before, after = held[held_id], revised(held[held_id], item, now)
            dated = {name: getattr(after, name) for name in ("occasion", "revision", "dates_changed_at")}
            held[held_id] = replace(before, **dated)  # it may come twice in one batch
            # The item stays itself: when it was first seen and under which id does not change with its text. Its
            # hash is that of its own source's words, whoever is believed about its dates.
            row = self._row(after, rules) | _news(before, after, now) | {"content_hash": content_hash(item)}
            kept = {k: v for k, v in row.items() if k not in KEPT}
            connection.execute(items.update().where(items.c.id == held_id), kept)
        for held_id, copy in changes.merged:
            after = with_copy(held[held_id], copy, now)
            if after != held[held_id]:
                row = {name: rows.item_row(after)[name] for name in ("occasion", "revision", "dates_changed_at")}
                connection.execute(
                    items.update().where(items.c.id == held_id), row | _news(held[held_id], after, now)
                )
                held[held_id] = after
        fresh = [(item.id, item) for item in changes.new]
        self._insert_topics(connection, {item.id: item.topics for item in changes.new})
        self._write_topics(connection, changes.updated)
        self._write_keys(connection, [*fresh, *changes.updated, *changes.known, *changes.merged])
        marks.write(connection, [*fresh, *changes.updated, *changes.merged])
        self._write_sightings(connection, changes.merged, now)

    def _new_row(self, item: Item, rules: str) -> dict[str, Any]:
        sequence = item.occasion.sequence if item.occasion else 0
        return self._row(replace(item, news_at=opening(item), revision=max(0, min(sequence, HIGHEST))), rules)

    def _row(self, item: Item, rules: str) -> dict[str, Any]:
        more = {"content_hash": content_hash(item), "rules": rules, "search": search_text(item)}
        return rows.item_row(item) | more

    def _held(self, connection: sa.Connection, ids: Iterable[str]) -> dict[str, Item]:
        """Items as this transaction sees them, without text and topics."""
        found: dict[str, Item] = {}
        for chunk in chunks(sorted(ids)):
            select = sa.select(*LIGHT).where(items.c.id.in_(chunk))
            found |= {row["id"]: rows.item_of(row) for row in connection.execute(select).mappings()}
        return found

    def _write_topics(self, connection: sa.Connection, tagged: Sequence[tuple[str, Item]]) -> None:
        for chunk in chunks([held_id for held_id, _ in tagged]):
            connection.execute(item_topics.delete().where(item_topics.c.item.in_(chunk)))
        # Whoever writes topics, what a curator corrected stays corrected.
        said = in_force(of_items(connection, (held_id for held_id, _ in tagged)))
        decided = {held_id: corrected(item.topics, said.get(held_id, {})) for held_id, item in tagged}
        self._insert_topics(connection, decided)

    def _insert_topics(self, connection: sa.Connection, topics: Mapping[str, Iterable[Tag]]) -> None:
        given = [
            (held_id, tag.id, position, tag.why)
            for held_id, tags in topics.items()
            for position, tag in enumerate(tags)
        ]
        insert_many(connection, item_topics, given)

    def _write_keys(self, connection: sa.Connection, pairs: Sequence[tuple[str, Item]]) -> None:
        numbers = {rows.key_number(key): held_id for held_id, item in pairs for key in keys(item)}
        insert_many(connection, item_keys, sorted(numbers.items()))

    def _write_sightings(
        self, connection: sa.Connection, merged: Sequence[tuple[str, Item]], now: datetime
    ) -> None:
        seen = {(held_id, item.source): item.url for held_id, item in merged}
        at = rows.seconds(now)
        insert_many(connection, sightings, [(*of, url, at) for of, url in sorted(seen.items())])

    # -------------------------------------------------------------------------------------------------- reading
    def window(self, since: datetime, until: datetime) -> list[Item]:
        """Items first seen, or become news, in (since, until] that may be mailed, oldest first, with topics and
        without HTML."""
        within = (
            sa.and_(moment > rows.seconds(since), moment <= rows.seconds(until))
            for moment in (items.c.first_seen_at, items.c.news_at)
        )
        where = (sa.or_(*within), items.c.fresh.is_(True))
        return list(self.chosen(sa.select(*LIGHT).where(*where).order_by(items.c.first_seen_at, items.c.n)))

    def of_kind(self, kind: str, since: datetime) -> list[Item]:
        """Items of one kind first seen after `since`, mailed or not, oldest first, with topics, without HTML."""
        where = (items.c.kind == kind, items.c.first_seen_at > rows.seconds(since))
        return list(self.chosen(sa.select(*LIGHT).where(*where).order_by(items.c.first_seen_at, items.c.n)))

    def get(self, ids: Iterable[str]) -> dict[str, Item]:
        """Items by id, without HTML."""
        found: dict[str, Item] = {}
        for chunk in chunks(sorted(set(ids))):
            found |= {item.id: item for item in self.chosen(sa.select(*LIGHT).where(items.c.id.in_(chunk)))}
        return found

    def count_topics(self, since: datetime) -> dict[str, int]:
        """Topic -> how many items first seen after `since` have it."""
        held = sa.select(items.c.id).where(items.c.first_seen_at > rows.seconds(since))
        select = sa.select(item_topics.c.topic, sa.func.count()).where(item_topics.c.item.in_(held))
        with self.engine.connect() as connection:
            counted = connection.execute(select.group_by(item_topics.c.topic)).all()
            return {row[0]: row[1] for row in counted}

    def count_languages(self, since: datetime) -> dict[str, int]:
        """Language -> how many items first seen after `since` are in it, most first; unknown ones are left out."""
        count = sa.func.count()
        where = (items.c.first_seen_at > rows.seconds(since), items.c.language.is_not(None))
        select = sa.select(items.c.language, count).where(*where).group_by(items.c.language)
        with self.engine.connect() as connection:
            found = connection.execute(select.order_by(count.desc(), items.c.language)).all()
            return {row[0]: row[1] for row in found}

    def standing(self, sources: Iterable[str]) -> dict[tuple[str, str], int]:
        """(source, topic) -> how many items of these sources have the topic."""
        select = sa.select(items.c.source, item_topics.c.topic, sa.func.count()).join(
            item_topics, item_topics.c.item == items.c.id
        )
        found: dict[tuple[str, str], int] = {}
        with self.engine.connect() as connection:
            for chunk in chunks(sorted(set(sources))):
                here = select.where(items.c.source.in_(chunk)).group_by(items.c.source, item_topics.c.topic)
                found |= {(row[0], row[1]): row[2] for row in connection.execute(here)}
        return found

    def named(self, what: str, limit: int = 10) -> list[Item]:
        """The item of this id or address, or those whose title holds these words, newest first."""
        if found := self.get([what]):
            return list(found.values())
        for where in (items.c.url.in_([what, canonical(what)]), items.c.title.icontains(what, autoescape=True)):
            newest = sa.select(*LIGHT).where(where).order_by(items.c.first_seen_at.desc(), items.c.n.desc())
            if listed := list(self.chosen(newest.limit(limit))):
                return listed
        return []

    def search(self, query: str, *, language: str | None = None, limit: int = 50) -> list[Item]:
        """Items that hold every word of a plain-words query, newest first. Analysed as the items were."""
        terms = words(query, language)
        if not terms:
            return []
        select = sa.select(*LIGHT).where(condition(self.engine, Every(tuple(map(Word, terms))), ()))
        return list(self.chosen(select.order_by(items.c.first_seen_at.desc(), items.c.n.desc()).limit(limit)))

    def matching(
        self,
        rule: Rule,
        since: datetime,
        until: datetime | None = None,
        limit: int | None = None,
        sources: Collection[str] | None = None,
    ) -> list[tuple[Item, Match]]:
        """Items first seen after `since` (and not after `until`) for which a rule holds, newest first, each with
        what decided; `sources`: only of these. By the full-text index: only what can match is read."""
        matcher = Matcher({"": rule})
        found: list[tuple[Item, Match]] = []
        # Of many candidates the first are most often enough.
        size = CHUNK if limit is None else max(50, min(CHUNK, 2 * limit))
        for held in self._candidates(rule, since, until, size):
            for item in held:
                if sources is not None and item.source not in sources:
                    continue
                if (match := matcher.match(item).get("")) is not None:
                    found.append((item, match))
            if limit is not None and len(found) >= limit:
                break
        return found[:limit]

    def _candidates(self, rule: Rule, since: datetime, until: datetime | None, size: int) -> Iterator[list[Item]]:
        first_seen = items.c.first_seen_at
        with self.engine.connect() as connection:
            languages = list(connection.scalars(sa.select(items.c.language).distinct()))
            possible = condition(self.engine, candidates(rule, languages), languages)
            where = [possible, first_seen > rows.seconds(since)]
            if until is not None:
                where.append(first_seen <= rows.seconds(until))
            select = sa.select(items.c.id).where(*where).order_by(first_seen.desc(), items.c.n.desc())
            ids = list(connection.scalars(select))
        for chunk in chunks(ids, size):
            held = self.get(chunk)
            yield [held[id] for id in chunk if id in held]

    def of_topic(self, topic: str, since: datetime) -> list[Item]:
        """Items first seen after `since` that have a topic, newest first, without HTML."""
        having = sa.select(item_topics.c.item).where(item_topics.c.topic == topic)
        where = (items.c.id.in_(having), items.c.first_seen_at > rows.seconds(since))
        newest = (items.c.first_seen_at.desc(), items.c.n.desc())
        return list(self.chosen(sa.select(*LIGHT).where(*where).order_by(*newest)))

    def chosen(self, select: sa.Select[Any]) -> Iterator[Item]:
        """The items of a select over `LIGHT`, in its order, with topics and the other sources that had them."""
        with self.engine.connect() as connection:
            found = connection.execute(select).mappings().all()
            for chunk in chunks(found):
                ids = [row["id"] for row in chunk]
                topics, also_in = self._topics(connection, ids), self._also_in(connection, ids)
                for row in chunk:
                    yield rows.item_of(row, topics[row["id"]], also_in[row["id"]])

    def _topics(self, connection: sa.Connection, ids: list[str]) -> Mapping[str, tuple[Tag, ...]]:
        select = sa.select(item_topics).where(item_topics.c.item.in_(ids)).order_by(item_topics.c.position)
        found: defaultdict[str, tuple[Tag, ...]] = defaultdict(tuple)
        for row in connection.execute(select).mappings():
            found[row["item"]] += (Tag(row["topic"], row["why"]),)
        return found

    def _also_in(self, connection: sa.Connection, ids: list[str]) -> Mapping[str, tuple[str, ...]]:
        select = (
            sa.select(sightings).where(sightings.c.item.in_(ids)).order_by(sightings.c.seen_at, sightings.c.source)
        )
        found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for row in connection.execute(select).mappings():
            found[row["item"]] += (row["source"],)
        return found

    # ------------------------------------------------------------------------------------------------ retagging
    def tagged_otherwise(self, rules: str, since: datetime, limit: int = CHUNK) -> list[Item]:
        """Items first seen after `since` whose topics were given by other rules than these."""
        where = (items.c.rules != rules, items.c.first_seen_at > rows.seconds(since))
        return list(self.chosen(sa.select(*LIGHT).where(*where).order_by(items.c.n).limit(limit)))

    def retag(self, tagged: Sequence[Item], rules: str) -> None:
        """Replace the topics and kinds of these items, in one transaction."""
        with self.engine.execution_options(write=True).begin() as connection:
            connection.execute(settings.delete().where(settings.c.key == RETAGGED))  # it may be true no more
            self._write_topics(connection, [(item.id, item) for item in tagged])
            for item in tagged:
                connection.execute(items.update().where(items.c.id == item.id).values(kind=item.kind, rules=rules))

    def prune(self, before: datetime) -> int:
        """Empty the bodies of items first seen before that moment. Their keys stay, so that an old item that
        returns is known and never mailed again. Returns how many were emptied."""
        where = (items.c.first_seen_at < rows.seconds(before), items.c.text != "")
        with self.engine.execution_options(write=True).begin() as connection:
            marks.forget(connection, sa.select(items.c.n).where(*where))
            emptied = connection.execute(
                items.update().where(*where).values(text="", html="", search="", fresh=False)
            )
            return emptied.rowcount


def _news(before: Item, after: Item, now: datetime) -> dict[str, Any]:
    """When an item that has changed is news. One that waited for its opening is so at the latest now, if there is
    nothing left to wait for: that moment must not lie in a past that no letter looks at."""
    waited = before.news_at is not None and before.news_at > now
    opens = opening(replace(after, first_seen_at=now))
    return {"news_at": rows.seconds(opens or (now if waited else before.news_at))}


def chunks(values: Sequence[V], size: int = CHUNK) -> Iterator[Sequence[V]]:
    """The values, at most `size` at a time."""
    return (values[start : start + size] for start in range(0, len(values), size))
