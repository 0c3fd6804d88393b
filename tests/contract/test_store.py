"""What both engines promise alike."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from aggregator.dedupe import FULL, Changes, dedupe, keys, strangers
from aggregator.errors import ConfigError, StoreError
from aggregator.model import (
    Due,
    Item,
    Letter,
    Occasion,
    Pick,
    Profile,
    Schedule,
    Section,
    Selection,
    SourceState,
    Subscriber,
    Tag,
    Validators,
)  # fmt: skip
from aggregator.schedule import Past
from aggregator.store import Marked, Noted, Posted, Store, Written, open_store
from aggregator.store.holders import holder, is_dead
from aggregator.store.schema import metadata
from aggregator.store.upgrade import HEAD, revision

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = timedelta(days=7)


def item(number: int, **more: object) -> Item:
    base = Item(
        f"item{number}", "blog", f"guid-{number}", f"https://blog.example/{number}", f"Mentoring in libraries, part {number}",
        f"What we learnt about mentoring number{number}", "<p>html</p>", "Ann", ("mentoring", "cpd"),
        NOW - timedelta(days=1), None, NOW, "en", "post", None, (Tag("mentoring", "in the title"),),
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def keep(store: Store, items: Sequence[Item], now: datetime = NOW, states: Sequence[SourceState] = ()) -> Changes:
    held = store.items.held({key for one in items for key in keys(one)})
    near = store.items.near(strangers(items, held))
    changes = dedupe(items, held, store.items.taken({one.id for one in items}), near)
    store.sources.record(states, changes, now, "rules-1")
    return changes


def add(store: Store, number: int = 1, **more: object) -> Subscriber:
    reader = Subscriber("", f"reader{number}@example.org", schedule=Schedule("weekly", 1, 8, "Europe/Rome"))
    [saved] = store.subscribers.save([replace(reader, **more)], NOW)  # type: ignore[arg-type]
    return saved


def written(
    reader: Subscriber, period: str = "2026-W48", *, picks: Sequence[Item] = (), held: Sequence[Item] = ()
) -> Written:
    digest_id = f"{period}-{reader.id}".lower()
    letter = Letter(
        digest_id, "digest@example.org", reader.email, f"<{digest_id}@example.org>", "Hello", b"From: x\r\n" * 50
    )
    due = Due(reader, period, NOW, NOW - WEEK, NOW)
    selection = Selection(
        (Section("reading", tuple(Pick(i, 1.0, "why") for i in picks)),), tuple(Pick(i, 1.0, "w") for i in held)
    )
    return Written(digest_id, due, "waiting", NOW, "", letter, selection)


# -------------------------------------------------------------------------------------------------------- schema
def test_the_migrations_make_the_schema_of_the_code(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        shadow = ("items_fts", "ix_items_search")
        found = [d for d in compare_metadata(context, metadata) if not any(name in str(d) for name in shadow)]
    assert [d for d in found if "alembic_version" not in str(d)] == []
    assert revision(store.engine) == HEAD


def test_opening_again_changes_nothing_and_a_newer_schema_is_refused(database: str, store: Store) -> None:
    store.set("key", "value")
    again = open_store(database)
    assert again.setting("key") == "value"
    with again.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer"):
        open_store(database)
    again.close()


def test_somebody_elses_tables_are_left_alone(tmp_path: object, database: str) -> None:
    store = open_store(database)
    with store.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text("DROP TABLE alembic_version"))
    with pytest.raises(StoreError, match="not ours"):
        open_store(database)
    store.close()


def test_an_unusable_address_is_explained() -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        open_store("/nowhere/at/all.db")
    with pytest.raises(ConfigError, match="mysql"):
        open_store("mysql://localhost/x")
    with pytest.raises(StoreError) as error:
        open_store("postgresql://nobody:geheim@127.0.0.1:1/x")
    assert "geheim" not in str(error.value)


# --------------------------------------------------------------------------------------------------------- items
def test_items_come_back_as_they_were(store: Store) -> None:
    occasion = Occasion(
        datetime(2026, 12, 1, 14, tzinfo=UTC), None, date(2026, 11, 28), "Zagreb", "free", "Prijave do 28."
    )
    kept = item(1, occasion=occasion, title="Škola & “quotes” — 日本", tags=("a", "b\u00e9"), access="restricted")
    keep(store, [kept])
    assert store.items.get(["item1"])["item1"] == replace(kept, html="")
    assert store.items.window(NOW - WEEK, NOW) == [replace(kept, html="")]


def test_what_a_database_refuses_in_text_is_dropped(store: Store) -> None:
    keep(store, [item(1, title="nul\0 and \ud800 surrogate", tags=("x\0",))])
    assert store.items.get(["item1"])["item1"].title == "nul and ? surrogate"


def test_the_window_is_half_open_and_leaves_old_items_out(store: Store) -> None:
    keep(store, [item(1, first_seen_at=NOW - WEEK), item(2, first_seen_at=NOW), item(3, fresh=False)])
    assert [i.id for i in store.items.window(NOW - WEEK, NOW)] == ["item2"]
    assert [i.id for i in store.items.window(NOW - WEEK - timedelta(seconds=1), NOW - timedelta(seconds=1))] == [
        "item1"
    ]


def test_a_second_visit_adds_nothing_and_another_source_becomes_a_sighting(store: Store) -> None:
    keep(store, [item(1), item(2)])
    assert [
        len(x) for x in (lambda c: (c.new, c.updated, c.known, c.merged))(keep(store, [item(1), item(2)]))
    ] == [0, 0, 2, 0]
    elsewhere = item(
        9, source="planet", guid="other", url="https://blog.example/1?utm_source=planet", title=item(1).title
    )
    assert len(keep(store, [elsewhere]).merged) == 1
    assert store.items.get(["item1"])["item1"].also_in == ("planet",)
    assert len(keep(store, [replace(elsewhere, id="item10")]).merged) + len(keep(store, [elsewhere]).known) >= 1


LAMPS = """The county archive has put nine thousand letters of its lighthouse keepers online. They were written between
the founding of the service and the day the last lamp was switched to a timer, and most had never left their boxes.
There is little about storms in them. There is a great deal about paint, about oil that did not come, about a goat.
One keeper drew every ship that passed and wrote down what he thought of it. The letters can be searched by name,
place and ship. Every page shows the picture beside the typed text, and a button lets anybody propose a better
reading. In the first week two hundred readings were mended, most of them by one retired harbour master."""
LETTERS = "Letters of the lighthouse keepers are online"


def told(number: int, **more: object) -> Item:
    fields: dict[str, object] = {"source": f"s{number}", "title": LETTERS, "text": LAMPS}
    return item(number, url=f"https://s{number}.example/{number}", **(fields | more))


def test_a_copy_is_found_among_what_is_held_by_its_text(store: Store) -> None:
    keep(store, [told(1), item(2), item(3)])
    summary = told(4, title="Of paint and goats: the lighthouse keepers", text=LAMPS[:330] + "…")
    quote = told(5, title=f"{LETTERS}; more", text="From the archive: " + LAMPS[320:700] + " […]")
    assert [(held_id, one.id) for held_id, one in keep(store, [summary, quote]).merged] == [
        ("item1", "item4"), ("item1", "item5"),
    ]  # fmt: skip
    assert store.items.get(["item1"])["item1"].also_in == ("s4", "s5")
    # Once seen, it is known by its address, without its text.
    assert strangers([summary], store.items.held(keys(summary))) == []


def test_later_news_is_kept_with_what_it_follows(store: Store) -> None:
    keep(store, [told(1)])
    news = told(2, title=f"Update: {LETTERS}", text="Three hundred more have come to light in the harbour office.")
    assert [one.follows for one in keep(store, [news]).new] == ["item1"]
    assert store.items.get(["item2"])["item2"].follows == "item1"
    # Its source mends a word: it still follows.
    mended = replace(news, text=news.text + " They are in a poor state.")
    assert [held_id for held_id, _ in keep(store, [mended]).updated] == ["item2"]
    assert store.items.get(["item2"])["item2"].follows == "item1"


def test_a_template_costs_no_more_than_its_first_items(store: Store) -> None:
    """Thousands that share a text are looked up by what is their own."""
    keep(store, [told(n, title=f"Keeper of lamp {n}", text=f"lamp{n} keeper{n} {LAMPS}") for n in range(60)])
    with store.engine.connect() as connection:
        select = "SELECT max(c) FROM (SELECT count(*) AS c FROM item_marks GROUP BY mark) AS counted"
        assert connection.scalar(sa.text(select)) == FULL
    near = store.items.near([told(99, title="Keeper of lamp 99", text=f"lamp99 keeper99 {LAMPS}")])
    assert len(near.items) <= 8


def test_pruning_drops_the_marks_with_the_text(store: Store) -> None:
    keep(store, [told(1), told(2, title="Moss", text="About moss and kelp. " * 9, first_seen_at=NOW + WEEK)])
    store.items.prune(NOW + timedelta(days=1))
    with store.engine.connect() as connection:
        left = connection.scalars(sa.text("SELECT DISTINCT item FROM item_marks")).all()
        number = connection.scalar(sa.text("SELECT n FROM items WHERE id = 'item2'"))
    assert left == [number]


def test_an_updated_item_keeps_its_id_and_its_first_sight(store: Store) -> None:
    keep(store, [item(1)])
    changed = item(
        7,
        guid="guid-1",
        url=item(1).url,
        title="Mentoring in libraries, part 1 (corrected)",
        topics=(Tag("cpd", "x"),),
    )
    later = NOW + timedelta(days=2)
    assert [held_id for held_id, _ in keep(store, [replace(changed, first_seen_at=later)], later).updated] == [
        "item1"
    ]
    kept = store.items.get(["item1"])["item1"]
    assert (kept.title, kept.first_seen_at) == ("Mentoring in libraries, part 1 (corrected)", NOW)
    assert kept.topics == (Tag("cpd", "x"),)


def test_a_thousand_items_go_in_at_once(store: Store) -> None:
    many = [item(n, title=f"Story number {n} about metadata quality in practice {n}") for n in range(1200)]
    assert len(keep(store, many).new) == 1200
    assert len(store.items.window(NOW - WEEK, NOW)) == 1200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mentor", ["a", "b"]), ("Mentoring libraries", ["a"]), ("knjiznicari", ["c"]), ("“quoted” OR (", []),
        ("biblioteche", ["d"]), ("", []), ("1943", ["d"]), ("L'Aquila", ["d"]), ("图书馆", ["e"]), ("a' & b | !c:*", []),
    ],
)  # fmt: skip
def test_full_text_search_answers_alike(store: Store, query: str, found: list[str]) -> None:
    texts = {
        "a": ("Mentoring in libraries", "en"), "b": ("A mentor for every cataloguer", "en"), "c": ("Knjižničari u Zagrebu", "hr"),
        "d": ("Le biblioteche de L’Aquila nel 1943", "it"), "e": ("公共图书馆的未来", "zh"),
    }  # fmt: skip
    keep(
        store,
        [item(n, id=k, title=t, text="", tags=(), language=l) for n, (k, (t, l)) in enumerate(texts.items())],
    )
    languages = {"biblioteche": "it", "1943": "it", "L'Aquila": "it", "knjiznicari": "hr", "图书馆": "zh"}
    hits = store.items.search(query, language=languages.get(query, "en"))
    assert sorted(i.id for i in hits) == found


def test_search_follows_updates_and_pruning(store: Store) -> None:
    keep(store, [item(1)])
    keep(store, [item(1, text="all about preservation instead")])
    assert [i.id for i in store.items.search("preservation", language="en")] == ["item1"]
    assert store.items.search("learnt", language="en") == []
    assert store.items.prune(NOW + timedelta(days=1)) == 1
    assert store.items.search("preservation", language="en") == []
    # A pruned item that comes back is known, not new: it is never mailed again.
    assert keep(store, [item(1)]).new == ()


def test_retagging_finds_what_other_rules_tagged(store: Store) -> None:
    keep(store, [item(1), item(2, first_seen_at=NOW - timedelta(days=99))])
    [old] = store.items.tagged_otherwise("rules-2", NOW - WEEK)
    store.items.retag([replace(old, topics=(Tag("ai", "y"), Tag("cpd", "z")), kind="event")], "rules-2")
    assert store.items.tagged_otherwise("rules-2", NOW - WEEK) == []
    kept = store.items.get(["item1"])["item1"]
    assert (kept.topics, kept.kind) == ((Tag("ai", "y"), Tag("cpd", "z")), "event")


# ------------------------------------------------------------------------------------------------------- sources
def test_source_states_come_back_as_they_were(store: Store) -> None:
    full = SourceState(
        "blog", "https://blog.example/feed", "active", "https://new.example/feed", Validators('"etag"', "Mon, 01 Jan"), "hash",
        "1", "The blog", NOW, NOW, NOW, NOW, timedelta(hours=5), 2, NOW, "http-500", "oops", "https://x/", 2, 7, "not-a-feed",
    )  # fmt: skip
    bare = SourceState("other", "https://other.example/")
    store.sources.record([full, bare], Changes(), NOW, "r")
    assert store.sources.states() == {"blog": full, "other": bare}
    store.sources.record([replace(full, failures=0, error=None)], Changes(), NOW, "r")
    assert store.sources.states()["blog"].failures == 0
    store.sources.record([bare, replace(bare, visits=1), full], None, NOW, "r")  # named twice, visited twice
    assert store.sources.states() == {"blog": full, "other": replace(bare, visits=1)}


def test_a_batch_is_stored_whole_or_not_at_all(store: Store) -> None:
    state = SourceState("blog", "https://blog.example/feed")
    twice = Changes(new=(item(1), item(1)))
    with pytest.raises(sa.exc.IntegrityError):
        store.sources.record([state], twice, NOW, "r")
    assert store.sources.states() == {}
    assert store.items.get(["item1"]) == {}


# --------------------------------------------------------------------------------------------------- subscribers
def test_subscribers_come_back_as_they_were(store: Store) -> None:
    profile = Profile(
        {"mentoring": 3.0}, ("CPD",), ("open access",), {"job": 0.2}, ("en", "it"), ("ai", "author:Ann"), "IT",
        ("source:blog",), {"topic:cpd": -0.33}, False,
    )  # fmt: skip
    reader = add(store, profile=profile, name="Žana", paused_until=NOW + WEEK, max_items=7)
    assert store.subscribers.find("READER1@example.org ") == reader
    assert store.subscribers.find(reader.id) == store.subscribers.find_by_token(reader.token) == reader
    assert store.subscribers.find("nobody@example.org") is None
    assert len(reader.token) >= 24


def test_leaving_is_at_once_for_good_and_truthful(store: Store) -> None:
    reader = add(store)
    store.digests.write([written(reader)], NOW)
    assert store.subscribers.unsubscribe("x" * 32, NOW) == "unknown"
    assert store.subscribers.unsubscribe(reader.token, NOW) == "left"
    assert store.subscribers.unsubscribe(reader.token, NOW) == "already"
    assert store.digests.claim(NOW, 60) == []  # the letter that waited does not follow
    assert store.subscribers.suppressed(["Reader1@Example.org", "b@example.org"]) == {
        "Reader1@Example.org": "left"
    }


def test_marks_come_back_in_order_the_last_on_an_item_counts_and_one_or_all_are_forgotten(store: Store) -> None:
    ann, ben = add(store), add(store, 2)
    for reader, name, value, minute in ((ann, "b", 1, 1), (ann, "a", 1, 2), (ann, "b", -1, 3), (ben, "a", 1, 4)):
        store.feedback.mark(reader.id, Marked(name, value, ("topic:x", name), NOW + timedelta(minutes=minute)))
    assert [(m.item, m.value, m.traits) for m in store.feedback.of(ann.id)] == [
        ("a", 1, ("topic:x", "a")), ("b", -1, ("topic:x", "b")),
    ]  # fmt: skip
    assert store.feedback.forget(ann.id, "a") == 1
    assert [m.item for m in store.feedback.of(ann.id)] == ["b"]
    assert store.feedback.forget(ann.id) == 1
    assert len(store.feedback.of(ben.id)) == 1


def test_what_came_back_is_noted_once_and_counts_while_it_comes_in_a_row(store: Store) -> None:
    ann, ben = add(store, 1), add(store, 2)
    for number in range(4):
        letter = Letter(f"ann{number}", "d@example.org", ann.email, f"<ann{number}@example.org>", "S", b"letter")
        due = Due(ann, f"week{number}", NOW + number * WEEK, NOW, NOW)
        store.digests.write([Written(f"ann{number}", due, "waiting", NOW, "", letter)], NOW)
        store.digests.settle([Posted(f"ann{number}", "sent", NOW)])
    for number in (0, 2, 2, 3):
        store.returns.note(
            Noted(f"hash{number}", NOW, "bounce", "count_soft", f"ann{number}", ann.id, "mailbox-full")
        )
    assert store.returns.known(["hash0", "hash1", "hash2"]) == {"hash0", "hash2"}
    assert store.returns.soft_row(ann.id, "ann3") == [NOW + 3 * WEEK, NOW + 2 * WEEK]  # ann1 arrived
    assert store.returns.soft_row(ann.id, "ann1") == [NOW + number * WEEK for number in (3, 2, 1, 0)]
    assert store.returns.soft_row(ben.id, "none") == []
    assert store.returns.counts(NOW) == {"count_soft": 3}
    assert store.returns.counts(NOW + WEEK) == {}
    [gone] = store.returns.letters(["ann1"])
    assert (gone.subscriber, gone.recipient, gone.message_id) == (ann.id, ann.email, "<ann1@example.org>")
    assert store.returns.letters([], ["<ann1@example.org>", "<none@example.org>"]) == [gone]
    assert store.returns.newest_of([ann.token, ben.token])[ann.token].id == "ann3"
    assert [noted.digest for noted in store.returns.of(ann.id)] == ["ann0", "ann2", "ann3"]
    store.subscribers.erase(ann.id, NOW)
    assert store.returns.of(ann.id) == []
    assert store.returns.letters(["ann1"]) == []


def test_erasing_leaves_a_hash_and_nothing_else(store: Store) -> None:
    reader = add(store)
    store.feedback.mark(reader.id, Marked("item1", 1, (), NOW))
    store.digests.write([written(reader, picks=[item(1)])], NOW)
    assert store.subscribers.erase(reader.id, NOW)
    assert not store.subscribers.erase(reader.id, NOW)
    assert store.digests.of(reader.id) == []
    assert store.digests.had([reader.id]) == {}
    assert list(store.feedback.of(reader.id)) == []
    assert store.subscribers.unsubscribe(reader.token, NOW) == "already"
    assert "reader1@example.org" in store.subscribers.suppressed(["reader1@example.org"])
    store.subscribers.lift("READER1@example.org")
    assert store.subscribers.suppressed(["reader1@example.org"]) == {}


def test_only_readers_whose_time_may_have_come_are_looked_at(store: Store) -> None:
    add(store, 1)
    add(store, 2, paused_until=NOW + 2 * WEEK)
    left = add(store, 3)
    store.subscribers.unsubscribe(left.token, NOW)
    assert list(chain.from_iterable(store.subscribers.due_in_parts(NOW, 2))) == []
    monday = datetime(2026, 11, 30, 7, tzinfo=UTC)  # 08:00 in Rome
    assert [r.email for r in list(chain.from_iterable(store.subscribers.due_in_parts(monday, 2)))] == [
        "reader1@example.org"
    ]
    store.subscribers.plan(list(chain.from_iterable(store.subscribers.due_in_parts(monday, 2))), monday)
    assert list(chain.from_iterable(store.subscribers.due_in_parts(monday, 2))) == []


# ------------------------------------------------------------------------------------------------------- digests
def test_one_letter_for_one_reader_and_period(store: Store) -> None:
    reader = add(store)
    assert len(store.digests.write([written(reader)], NOW)) == 1
    assert store.digests.write([written(reader)], NOW) == []
    assert store.digests.history([reader.id], NOW - WEEK)[reader.id] == Past(frozenset({"2026-W48"}), NOW, NOW)


def test_a_failed_letter_is_written_anew_and_a_missed_period_offers_nothing(store: Store) -> None:
    reader = add(store)
    good = written(reader)
    failed = replace(good, state="failed", letter=None, reason="bug")
    store.digests.write([failed], NOW)
    assert store.digests.history([reader.id], NOW - WEEK)[reader.id] == Past(frozenset(), None, None)
    assert len(store.digests.write([good], NOW)) == 1
    missed = replace(
        written(reader, "2026-W49"),
        state="skipped",
        letter=None,
        due=replace(good.due, period="2026-W49", missed=True),
    )
    store.digests.write([missed], NOW)
    assert store.digests.history([reader.id], NOW - WEEK)[reader.id].until == NOW
    assert store.digests.counts() == {"waiting": 1, "skipped": 1}


def test_the_memory_of_what_was_sent_and_of_what_waits(store: Store) -> None:
    reader = add(store)
    store.digests.write([written(reader, picks=[item(1)], held=[item(2), item(3)])], NOW)
    store.digests.write([written(reader, "2026-W49", picks=[item(2)], held=[item(4)])], NOW)
    assert store.digests.had([reader.id]) == {reader.id: {"item1", "item2"}}
    assert store.digests.waiting_items([reader.id]) == {reader.id: {"item4"}}


def test_a_short_letter_leaves_the_digest_alone(store: Store) -> None:
    reader = add(store)
    store.digests.write([written(reader, picks=[item(1)], held=[item(2)])], NOW)
    short = written(reader, "help 2026-11-24")
    later = replace(short.due, due_at=NOW + WEEK, until=NOW + WEEK)
    store.digests.write([replace(short, due=later, urgent=True)], NOW)
    assert store.digests.waiting_items([reader.id]) == {reader.id: {"item2"}}
    assert store.digests.history([reader.id], NOW - WEEK)[reader.id] == Past(frozenset({"2026-W48"}), NOW, NOW)
    store.digests.settle([Posted(one.digest_id, "sent", NOW) for one in (written(reader), short)])
    assert store.returns.newest_of([reader.token])[reader.token].id == written(reader).digest_id
    assert store.returns.soft_row(reader.id, written(reader).digest_id) == [NOW]


def test_a_letter_put_off_while_its_reader_left_is_not_tried_again(store: Store) -> None:
    reader = add(store)
    store.digests.write([written(reader)], NOW)
    [one] = store.digests.claim(NOW, 60)
    store.subscribers.unsubscribe(reader.token, NOW)
    store.digests.settle([Posted(one.letter.digest_id, "deferred", NOW, "450 later", NOW)])
    assert store.digests.counts() == {"expired": 1}
    assert store.digests.claim(NOW + WEEK, 60) == []


def test_a_letter_is_claimed_by_one_and_settled_once(store: Store) -> None:
    readers = [add(store, n) for n in range(3)]
    letters = [written(reader) for reader in readers]
    store.digests.write(letters, NOW)
    claimed = store.digests.claim(NOW, 60, limit=2)
    assert len(claimed) == 2
    assert len(store.digests.claim(NOW, 60, limit=5)) == 1
    assert store.digests.claim(NOW, 60) == []
    first = claimed[0]
    assert first.letter in [one.letter for one in letters]
    assert (first.attempts, first.resumed, first.stored_at) == (1, False, NOW)
    store.digests.settle([Posted(first.letter.digest_id, "sent", NOW)])
    later = NOW + timedelta(hours=1)
    store.digests.settle(
        [Posted(claimed[1].letter.digest_id, "deferred", NOW, "450 later", later, ambiguous=True)]
    )
    assert store.digests.claim(NOW, 60) == []
    assert store.digests.ready(later) == 2  # the deferred one, and the one whose lease has run out
    again = store.digests.claim(later, 60, limit=5)
    assert sorted(one.resumed for one in again) == [False, True]
    assert store.digests.counts() == {"sent": 1, "waiting": 1, "deferred": 1}


def test_what_was_sent_is_recorded_and_what_comes_next_is_claimed_in_one_turn(store: Store) -> None:
    store.digests.write([written(add(store, n)) for n in range(4)], NOW)
    first, second, third, fourth = store.digests.coming(NOW, 9)
    assert len(store.digests.coming(NOW, 9, besides=[first.letter.digest_id])) == 3
    taken = store.digests.turn((), [first, second], NOW, 60)
    assert taken == {one.letter.digest_id: one for one in (first, second)}
    done = [
        Posted(first.letter.digest_id, "sent", NOW, ambiguous=True),
        Posted(second.letter.digest_id, "deferred", NOW, "450 later", NOW + WEEK),
    ]
    # One is somebody else's by now, and one has been written anew since it was looked up.
    assert store.digests.turn((), [third], NOW, 60)
    assert store.digests.turn(done, [third, replace(fourth, stored_at=NOW - WEEK)], NOW, 60) == {}
    assert store.digests.counts() == {"sent": 1, "deferred": 1, "waiting": 2}
    assert store.digests.repeated(NOW) == [(first.letter.digest_id, first.letter.message_id)]
    assert [one.letter for one in store.digests.coming(NOW, 9)] == [fourth.letter]
    later = NOW + timedelta(hours=1)
    [again] = [one for one in store.digests.coming(later, 9) if one.letter == third.letter]
    [(_, resumed)] = store.digests.turn((), [again], later, 60).items()
    assert (resumed.resumed, resumed.attempts) == (True, 2)


def test_a_released_letter_counts_no_attempt(store: Store) -> None:
    store.digests.write([written(add(store))], NOW)
    [one] = store.digests.claim(NOW, 60)
    store.digests.release([one.letter.digest_id])
    [again] = store.digests.claim(NOW, 60)
    assert (again.attempts, again.resumed) == (1, False)


def test_the_lease_of_a_dead_process_is_free_at_once(store: Store, database: str) -> None:
    store.digests.write([written(add(store))], NOW)
    code = (
        "import sys; from datetime import datetime, UTC; from aggregator.store import open_store\n"
        "print(len(open_store(sys.argv[1]).digests.claim(datetime.fromisoformat(sys.argv[2]), 600)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, database, NOW.isoformat()], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout.strip() == "1"
    assert store.digests.claim(NOW, 60) == []
    store.digests.free_the_dead(NOW)
    [one] = store.digests.claim(NOW, 60)
    assert one.resumed
    assert not is_dead(holder())
    assert not is_dead("another-machine:1:1")


def test_what_a_lost_letter_carried_waits_for_the_next_one(store: Store) -> None:
    reader = add(store)
    store.digests.write([written(reader, picks=[item(1)])], NOW)
    store.subscribers.plan([reader], NOW)
    store.digests.settle([Posted(written(reader).digest_id, "failed", NOW, "stale")])
    assert store.digests.had([reader.id]) == {}
    assert store.digests.waiting_items([reader.id]) == {reader.id: {"item1"}}
    assert [r.id for r in list(chain.from_iterable(store.subscribers.due_in_parts(NOW, 2)))] == [reader.id]
    assert len(store.digests.write([written(reader, picks=[item(1)])], NOW)) == 1
    assert store.digests.had([reader.id]) == {reader.id: {"item1"}}


def test_pruning_drops_bytes_but_never_the_record(store: Store) -> None:
    reader = add(store)
    store.digests.write([written(reader, picks=[item(1)])], NOW)
    [one] = store.digests.claim(NOW, 60)
    assert store.digests.prune(NOW + WEEK) == 0  # not settled yet
    store.digests.settle([Posted(one.letter.digest_id, "sent", NOW)])
    assert store.digests.prune(NOW + WEEK) == 1
    assert store.digests.had([reader.id]) == {reader.id: {"item1"}}
    assert [d.state for d in store.digests.of(reader.id)] == ["sent"]


# ---------------------------------------------------------------------------------------------- settings and runs
def test_secret_and_settings(store: Store) -> None:
    assert store.secret() == store.secret()
    assert len(store.secret()) >= 32
    store.set("mark", "yes")
    store.set("mark", None)
    assert store.setting("mark") is None


def test_runs_are_remembered_newest_per_command(store: Store) -> None:
    for code in (0, 75):
        store.note_run("run", NOW, NOW, code, {"digests": {"sent": code}})
    store.note_run("collect", NOW, NOW, 0, {})
    assert {name: run["exit_code"] for name, run in store.last_runs().items()} == {"run": 75, "collect": 0}
    assert store.prune_runs(NOW + WEEK) == 1
    assert set(store.last_runs()) == {"run", "collect"}


def test_one_process_holds_the_run_lock(store: Store, database: str) -> None:
    code = (
        "import sys; from aggregator.store import open_store\n"
        "with open_store(sys.argv[1]).lock('run') as held: print(held)"
    )
    command = [sys.executable, "-c", code, database]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with store.lock("run") as held:
        assert held
        other = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
        assert other.stdout.strip() == "False"
    other = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    assert other.stdout.strip() == "True"


def test_who_waits_for_a_turn_gets_it_when_the_other_is_done(store: Store, database: str) -> None:
    code = (
        "import sys; from aggregator.store import open_store\n"
        "store = open_store(sys.argv[1]); print('here', flush=True)\n"
        "with store.turn('storing'): print(store.setting('said'), flush=True)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, database]
    with store.turn("storing"):
        other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        assert other.stdout is not None
        assert other.stdout.readline() == "here\n"
        store.set("said", "by the first")
    assert other.communicate(timeout=30)[0] == "by the first\n"


# ------------------------------------------------------------------------------------------------- corrections
def test_a_correction_outlives_retagging_and_updates_until_it_is_undone(store: Store) -> None:
    keep(store, [item(1, topics=(Tag("ai", "x"), Tag("cpd", "y")))])
    first, second = store.corrections.add("item1", {"mentoring": True, "ai": False}, "Ann", NOW)
    assert (first.topic, first.wanted, second.topic, second.wanted, second.by, second.at) == (
        "mentoring",
        True,
        "ai",
        False,
        "Ann",
        NOW,
    )

    def topics() -> list[str]:
        return [tag.id for tag in store.items.get(["item1"])["item1"].topics]

    store.items.retag([item(1, topics=(Tag("ai", "x"), Tag("cpd", "y")))], "rules-2")
    assert topics() == ["mentoring", "cpd"]
    keep(store, [item(1, text="all is said anew", topics=(Tag("ai", "z"),))])
    assert topics() == ["mentoring"]
    undone = store.corrections.undo(second.n, "Ben", NOW + timedelta(hours=1))
    assert undone is not None
    assert store.corrections.undo(second.n, "Ben", NOW) is None
    assert [(one.undone_by, one.undone_at) for one in store.corrections.all()] == [
        ("", None),
        ("Ben", NOW + timedelta(hours=1)),
    ]
    store.items.retag([item(1, topics=(Tag("ai", "x"),))], "rules-2")
    assert topics() == ["mentoring", "ai"]


def test_the_newest_correction_decides(store: Store) -> None:
    keep(store, [item(1, topics=())])
    store.corrections.add("item1", {"cpd": True}, "Ann", NOW)
    store.corrections.add("item1", {"cpd": False}, "Ben", NOW)
    store.items.retag([item(1, topics=(Tag("cpd", "x"),))], "r")
    assert store.items.get(["item1"])["item1"].topics == ()


def test_an_item_is_named_by_id_address_or_part_of_its_title(store: Store) -> None:
    keep(store, [item(1, title="100% open"), item(2, title="Half_open")])
    [one] = store.items.named("item1")
    assert [found.id for found in store.items.named(one.url)] == ["item1"]
    assert {found.id for found in store.items.named("OPEN")} == {"item1", "item2"}
    assert [found.id for found in store.items.named("100% o")] == ["item1"]
    assert store.items.named("100_") == []


def test_what_stands_is_counted_by_source_and_topic(store: Store) -> None:
    keep(store, [item(1, topics=(Tag("ai", "x"), Tag("cpd", "y"))), item(2, topics=(Tag("ai", "x"),))])
    [source] = {one.source for one in store.items.get(["item1", "item2"]).values()}
    assert store.items.standing([source]) == {(source, "ai"): 2, (source, "cpd"): 1}
    assert store.items.standing(["nowhere"]) == {}
    assert store.items.count_topics(NOW - WEEK) == {"ai": 2, "cpd": 1}
