"""What both engines remember of dates: what a reader was told, which revision is held, when an item became news."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from contract.conftest import at_first_schema
from contract.test_store import NOW, WEEK, add, item, keep, written

from aggregator.model import Item, Occasion
from aggregator.occasions import told_of
from aggregator.store import Posted, Store, open_store

DAY = timedelta(days=1)
MARCH = Occasion(starts=datetime(2027, 3, 3, 13, tzinfo=UTC), zone="Europe/Zagreb", place="Zagreb", price="free")
APRIL = replace(MARCH, starts=datetime(2027, 4, 7, 13, tzinfo=UTC))


def meeting(occasion: Occasion = MARCH, **more: object) -> Item:
    return item(1, kind="event", occasion=occasion, **more)


def test_what_a_reader_was_told_is_remembered_once_the_dates_have_changed(store: Store) -> None:
    keep(store, [meeting(), item(2)])
    reader, stranger = add(store), add(store, 2)
    store.digests.write([written(reader, picks=[meeting(), item(2)])], NOW)
    assert store.digests.told([reader.id], NOW - WEEK) == {}  # nothing has changed
    keep(store, [meeting(APRIL)], NOW + DAY)
    found = store.digests.told([reader.id, stranger.id], NOW)
    assert list(found) == [reader.id]
    assert found[reader.id]["item1"].occasion == told_of(MARCH)
    assert found[reader.id]["item1"].at == NOW
    assert store.digests.told([reader.id], NOW + WEEK) == {}  # it has not changed since then


def test_the_last_letter_counts_unless_it_was_lost(store: Store) -> None:
    keep(store, [meeting()])
    reader = add(store)
    store.digests.write([written(reader, picks=[meeting()])], NOW)
    keep(store, [meeting(APRIL)], NOW + DAY)
    later = written(reader, "2026-W49", picks=[meeting(APRIL)])
    store.digests.write([replace(later, made_at=NOW + WEEK)], NOW + WEEK)
    told = store.digests.told([reader.id], NOW)[reader.id]["item1"]
    assert (told.occasion, told.at) == (told_of(APRIL), NOW + WEEK)
    store.digests.settle([Posted(later.digest_id, "refused", NOW + WEEK, "550 no such user")])
    told = store.digests.told([reader.id], NOW)[reader.id]["item1"]
    assert (told.occasion, told.at) == (told_of(MARCH), NOW)


def test_what_was_told_outlives_pruning_and_not_its_reader(store: Store) -> None:
    keep(store, [meeting()])
    reader = add(store)
    letter = written(reader, picks=[meeting()])
    store.digests.write([letter], NOW)
    store.digests.settle([Posted(letter.digest_id, "sent", NOW)])
    store.items.prune(NOW + WEEK)
    store.digests.prune(NOW + WEEK)
    keep(store, [meeting(APRIL)], NOW + DAY)
    assert store.digests.told([reader.id], NOW)[reader.id]["item1"].occasion == told_of(MARCH)
    store.subscribers.erase(reader.id, NOW)
    assert store.digests.told([reader.id], NOW) == {}


def test_the_revision_rises_with_the_dates_alone(store: Store) -> None:
    keep(store, [meeting(replace(MARCH, sequence=4))])
    assert store.items.get(["item1"])["item1"].revision == 4
    keep(
        store, [meeting(replace(MARCH, sequence=4), title="Mentoring in libraries, part 1, new title")], NOW + DAY
    )
    assert store.items.get(["item1"])["item1"].revision == 4
    keep(store, [meeting(replace(APRIL, sequence=4))], NOW + 2 * DAY)
    found = store.items.get(["item1"])["item1"]
    assert (found.revision, found.dates_changed_at, found.first_seen_at) == (5, NOW + 2 * DAY, NOW)
    keep(store, [meeting(replace(MARCH, sequence=2**40))], NOW + 3 * DAY)
    assert 5 < store.items.get(["item1"])["item1"].revision < 2**31


def test_an_item_that_comes_twice_in_one_batch_has_changed_all_the_same(store: Store) -> None:
    keep(store, [meeting()])
    keep(store, [meeting(APRIL), meeting(APRIL, text="The same, said once more")], NOW + DAY)
    found = store.items.get(["item1"])["item1"]
    assert (found.revision, found.dates_changed_at) == (1, NOW + DAY)


def test_a_later_revision_that_another_source_has_is_kept(store: Store) -> None:
    copy = meeting(source="other", id="theirs")
    keep(store, [meeting(), copy])
    keep(store, [replace(copy, occasion=replace(APRIL, sequence=1))], NOW + DAY)
    found = store.items.get(["item1"])["item1"]
    assert found.occasion is not None
    assert (found.source, found.occasion.starts, found.revision) == ("blog", APRIL.starts, 1)
    changes = keep(store, [meeting()], NOW + 2 * DAY)  # our own source says what it always said
    assert (len(changes.known), len(changes.updated)) == (1, 0)
    keep(store, [meeting(text="Another text")], NOW + 2 * DAY)
    assert store.items.get(["item1"])["item1"].occasion == found.occasion


def test_a_course_becomes_news_again_when_it_opens(store: Store) -> None:
    opens = date(2027, 1, 4)
    course = item(3, kind="course", occasion=Occasion(opens=opens, closes=date(2027, 2, 1)), fresh=True)
    keep(store, [course])
    at = datetime(2027, 1, 4, tzinfo=UTC)
    assert [one.id for one in store.items.window(NOW - WEEK, NOW)] == ["item3"]
    assert store.items.window(NOW, at - DAY) == []
    [found] = store.items.window(at - DAY, at + DAY)
    assert (found.id, found.news_at) == ("item3", at)
    # It opens earlier than was said: news at once, not in a past that no letter looks at.
    early = replace(course, occasion=Occasion(opens=date(2026, 12, 1), closes=date(2027, 2, 1)))
    keep(store, [early], NOW + 20 * DAY)
    assert store.items.get(["item3"])["item3"].news_at == NOW + 20 * DAY


def test_letters_of_before_count_as_having_told_what_is_held(database: str) -> None:
    with at_first_schema(database) as connection:
        row = {
            "id": "item1", "source": "blog", "tags": "[]", "published_at": 1_700_000_000, "first_seen_at": 1,
            "kind": "event", "occasion": json.dumps({"starts": "2027-03-03"}), "fresh": True, "hash": "h", "rules": "r",
        }  # fmt: skip
        connection.execute(
            sa.text(
                "INSERT INTO items (id, source, tags, published_at, first_seen_at, kind, occasion, fresh, content_hash,"
                " rules) VALUES (:id, :source, :tags, :published_at, :first_seen_at, :kind, :occasion, :fresh, :hash,"
                " :rules)"
            ),
            row,
        )
        connection.execute(sa.text("INSERT INTO sources (id, url) VALUES ('blog', 'https://b.example/')"))
        connection.execute(
            sa.text("INSERT INTO digest_items (digest, item, subscriber, position) VALUES ('d', 'item1', 's', 0)")
        )
    store = open_store(database)
    with store.engine.connect() as connection:
        told = connection.scalar(sa.text("SELECT told FROM digest_items"))
    assert (json.loads(told) if isinstance(told, str) else told) == {"starts": "2027-03-03"}
    assert store.sources.states()["blog"].newest_at == datetime.fromtimestamp(1_700_000_000, UTC)
    store.close()


@pytest.mark.parametrize("kind", ["event", "call"])
def test_only_courses_wait_for_their_opening(store: Store, kind: str) -> None:
    keep(store, [item(4, kind=kind, occasion=Occasion(opens=date(2027, 1, 4)))])
    assert store.items.get(["item4"])["item4"].news_at is None
