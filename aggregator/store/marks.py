"""Which held items may tell the same as an arrival: looked up by the marks of its text, never by reading all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from aggregator.dedupe import FULL, READ, Held, Near, candidates, day_of, marks_of
from aggregator.jsonlines import occasion_from_json
from aggregator.model import Item
from aggregator.store import rows
from aggregator.store.schema import item_marks, items

_INSERT = "INSERT INTO item_marks (mark, item) VALUES "
CHUNK = 5000  # numbers in one IN list; they are written into the statement, so that no engine's limit applies
_HELD = ("id", "source", "guid", "url", "title", "content_hash", "language")


def near(connection: sa.Connection, strangers: Sequence[Item]) -> Near:
    """The held items that share marks with these, and of those worth comparing what they tell."""
    asked = [marks_of(item) for item in strangers]
    bearing = _bearing(connection, {mark for some in asked for mark in some})
    worth = {id for some in asked for id in candidates(some, bearing)}
    told = _told(connection, worth)
    # Items are numbers here and ids to everybody else; those that are not worth comparing only count.
    named = {mark: [told[n].id if n in told else f"#{n}" for n in some] for mark, some in bearing.items()}
    return Near(named, {one.id: one for one in told.values()})


def write(connection: sa.Connection, pairs: Iterable[tuple[str, Item]]) -> None:
    """Remember the marks of items, under the id given with each; of a mark that FULL items bear no more."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for held_id, item in pairs:
        wanted[held_id].update(marks_of(item))
    numbers = _numbers(connection, wanted)
    bearing = _bearing(connection, {mark for some in wanted.values() for mark in some})
    values: list[str] = []
    for held_id, some in sorted(wanted.items()):
        number = str(numbers[held_id])
        for mark in sorted(some):
            ids = bearing.setdefault(mark, [])
            if len(ids) < FULL and number not in ids:
                ids.append(number)
                values.append(f"({mark},{number})")
    for start in range(0, len(values), CHUNK):
        # Many rows in one statement: binding them one by one takes longer than all the rest of a batch.
        connection.exec_driver_sql(_INSERT + ",".join(values[start : start + CHUNK]))


def forget(connection: sa.Connection, numbers: sa.Select[tuple[int]]) -> None:
    """Drop the marks of the items whose numbers that statement selects."""
    connection.execute(item_marks.delete().where(item_marks.c.item.in_(numbers)))


def _bearing(connection: sa.Connection, wanted: Iterable[int]) -> dict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for some in _chunks(sorted(wanted)):
        select = sa.select(item_marks).where(sa.text(f"mark IN ({some})")).order_by(*item_marks.columns)
        for mark, number in connection.execute(select):
            found[mark].append(str(number))
    return found


def _told(connection: sa.Connection, numbers: Iterable[str]) -> dict[str, Held]:
    columns = [items.c[name] for name in ("n", *_HELD, "published_at", "occasion")]
    select = sa.select(*columns, sa.func.substr(items.c.text, 1, READ).label("text"))
    found: dict[str, Held] = {}
    for some in _chunks(sorted(map(int, numbers))):
        where = sa.text(f"items.n IN ({some})")
        for row in connection.execute(select.where(where)).mappings():
            fields = {name: row[name] for name in (*_HELD, "text")}
            day = day_of(occasion_from_json(row["occasion"]))
            found[str(row["n"])] = Held(**fields, published_at=rows.moment(row["published_at"]), day=day)
    return found


def _numbers(connection: sa.Connection, ids: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        select = sa.select(items.c.id, items.c.n).where(items.c.id.in_(wanted[start : start + 500]))
        found.update((row.id, row.n) for row in connection.execute(select))
    return found


def _chunks(numbers: Sequence[int]) -> Iterable[str]:
    """The numbers as text, CHUNK at a time."""
    return (",".join(map(str, numbers[start : start + CHUNK])) for start in range(0, len(numbers), CHUNK))
