"""Which held items may tell the same as an arrival: looked up by the marks of its text, never by reading all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

import sqlalchemy as sa

from aggregator.dedupe import FULL, READ, Held, Near, candidates, day_of, marks_of_all
from aggregator.jsonlines import occasion_from_json
from aggregator.model import Item
from aggregator.store import rows
from aggregator.store.many import insert_many, is_among
from aggregator.store.schema import item_marks, items

_HELD = ("id", "source", "guid", "url", "title", "content_hash", "language")


def near(connection: sa.Connection, strangers: Sequence[Item]) -> Near:
    """The held items that share marks with these, and of those worth comparing what they tell."""
    asked = marks_of_all(strangers)
    found = _bearing(connection, set(chain.from_iterable(asked)))
    bearing = {mark: list(map(str, numbers)) for mark, numbers in found.items()}
    worth = {id for some in asked for id in candidates(some, bearing)}
    told = _told(connection, {int(id) for id in worth})
    # Items are numbers here and ids to everybody else; those that are not worth comparing only count.
    named = {mark: [told[n].id if n in told else f"#{n}" for n in some] for mark, some in bearing.items()}
    return Near(named, {one.id: one for one in told.values()})


def write(connection: sa.Connection, pairs: Iterable[tuple[str, Item]]) -> None:
    """Remember the marks of items, under the id given with each; of a mark that FULL items bear no more."""
    pairs = list(pairs)
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for (held_id, _), found in zip(pairs, marks_of_all(item for _, item in pairs), strict=True):
        wanted[held_id].update(found)
    numbers = _numbers(connection, wanted)
    bearing = _bearing(connection, set(chain.from_iterable(wanted.values())))
    borne: list[tuple[int, int]] = []
    for held_id, some in sorted(wanted.items()):
        number = numbers[held_id]
        for mark in some:
            ids = bearing.setdefault(mark, [])
            if len(ids) < FULL and number not in ids:
                ids.append(number)
                borne.append((mark, number))
    insert_many(connection, item_marks, sorted(borne))


def forget(connection: sa.Connection, numbers: sa.Select[tuple[int]]) -> None:
    """Drop the marks of the items whose numbers that statement selects."""
    connection.execute(item_marks.delete().where(item_marks.c.item.in_(numbers)))


def _bearing(connection: sa.Connection, wanted: Collection[int]) -> defaultdict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    where = is_among(connection, item_marks.c.mark, wanted)
    for mark, number in connection.execute(sa.select(item_marks).where(where)):
        found[mark].append(number)
    return found


def _told(connection: sa.Connection, numbers: Collection[int]) -> dict[str, Held]:
    columns = [items.c[name] for name in ("n", *_HELD, "published_at", "occasion")]
    select = sa.select(*columns, sa.func.substr(items.c.text, 1, READ).label("text"))
    found: dict[str, Held] = {}
    for row in connection.execute(select.where(is_among(connection, items.c.n, numbers))).mappings():
        fields = {name: row[name] for name in (*_HELD, "text")}
        day = day_of(occasion_from_json(row["occasion"]))
        found[str(row["n"])] = Held(**fields, published_at=rows.moment(row["published_at"]), day=day)
    return found


def _numbers(connection: sa.Connection, ids: Collection[str]) -> dict[str, int]:
    select = sa.select(items.c.id, items.c.n).where(is_among(connection, items.c.id, ids))
    return {row.id: row.n for row in connection.execute(select)}
