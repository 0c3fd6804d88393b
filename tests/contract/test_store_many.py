"""Many values at once: rows put in and looked up by the thousand, the same on both engines."""

from __future__ import annotations

import sqlalchemy as sa

from aggregator.store import Store
from aggregator.store.many import insert_many, is_among, replace_many
from aggregator.store.schema import item_keys, item_marks, sightings, traces

FAR = 2**62  # a key takes the whole of 64 bits
ODD = "a'b\"c\\{},NULL%s?:x é 😀"


def put(store: Store, table: sa.Table, rows: list[tuple[object, ...]]) -> None:
    with store.engine.execution_options(write=True).begin() as connection:
        insert_many(connection, table, rows)


def test_rows_come_back_and_one_that_is_there_stays(store: Store) -> None:
    rows = [(n * (-1) ** n * (FAR // 20_000), f"item{n}") for n in range(20_000)]
    put(store, item_keys, rows)
    put(store, item_keys, [(rows[7][0], "another"), (1, "new"), (1, "twice")])
    with store.engine.connect() as connection:
        held = dict(connection.execute(sa.select(item_keys)).all())
    assert held == {**dict(rows), 1: "new"}


def test_a_row_takes_the_place_of_the_one_with_its_key(store: Store) -> None:
    rows = [(f"s{n}", ODD, bytes([n % 256, 0])) for n in range(5_000)]
    for written in (rows, [("s7", "another", b""), ("new", "", b"\0\xff")]):
        with store.engine.execution_options(write=True).begin() as connection:
            replace_many(connection, traces, written)
    with store.engine.connect() as connection:
        held = {row[0]: list(row[1:]) for row in connection.execute(sa.select(traces))}
    assert held == {id: rest for id, *rest in rows} | {"s7": ["another", b""], "new": ["", b"\0\xff"]}


def test_texts_are_put_in_as_they_are(store: Store) -> None:
    put(store, sightings, [("i", ODD, "", 5), ("i", "", ODD, FAR)])
    with store.engine.connect() as connection:
        assert set(connection.execute(sa.select(sightings))) == {("i", ODD, "", 5), ("i", "", ODD, FAR)}
        wanted = sa.select(sightings.c.seen_at).where(is_among(connection, sightings.c.source, {ODD, "none"}))
        assert list(connection.scalars(wanted)) == [5]


def test_no_rows_and_no_values_are_no_trouble(store: Store) -> None:
    put(store, item_marks, [])
    with store.engine.connect() as connection:
        for column, none in ((item_marks.c.mark, set[int]()), (item_keys.c.item, set[str]())):
            assert not connection.execute(sa.select(column).where(is_among(connection, column, none))).all()


def test_thousands_are_looked_up_by_the_index(store: Store) -> None:
    put(store, item_marks, [(n, n % 7) for n in range(-30_000, 30_000)])
    with store.engine.connect() as connection:
        wanted = sa.select(item_marks.c.mark).where(
            is_among(connection, item_marks.c.mark, set(range(-40_000, 40_000, 4)))
        )
        assert sorted(connection.scalars(wanted)) == list(range(-30_000, 30_000, 4))
        if store.engine.dialect.name == "sqlite":  # PostgreSQL may rather read a table of this size as a whole
            said = wanted.compile(connection, compile_kwargs={"literal_binds": True})
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}").all()
            assert any("SEARCH item_marks USING PRIMARY KEY" in row[3] for row in plan)
