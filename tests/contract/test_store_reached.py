"""What a reader chose and what has reached them, alike on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import chain

from test_store import NOW, WEEK, add, item, keep, written

from aggregator.model import Profile, Schedule, Tag
from aggregator.store import Posted, Store

DAY = timedelta(days=1)


def test_what_a_topic_brought_and_how_much_of_it_reached_a_reader(store: Store) -> None:
    both = (Tag("mentoring"), Tag("cpd"))
    # Texts that tell different stories, so that none is taken for a copy of another.
    held = [
        item(1, title="Circles of mentors in Zagreb", text="one", topics=both),
        item(2, title="Vacancy for a cataloguer", text="two", topics=(Tag("jobs"),)),
        item(3, title="A summer school on metadata", text="three", topics=(Tag("cpd"),), language="it"),
        item(4, title="Notes about peer review", text="four", topics=both, language=None),
    ]
    keep(store, held)
    ann, bob = add(store, 1), add(store, 2)
    store.digests.write([written(ann, picks=held[:2]), written(ann, "2026-W49", picks=[held[2]])], NOW)
    store.digests.write([written(bob, picks=held)], NOW)
    store.digests.write([replace(written(ann, "help 2026-11-24"), urgent=True)], NOW)
    sent = [written(ann).digest_id, written(bob).digest_id, written(ann, "help 2026-11-24").digest_id]
    store.digests.settle([Posted(id, "sent", NOW) for id in sent])
    assert store.reached.topics(ann.id, NOW - DAY) == {"mentoring": 1, "cpd": 1, "jobs": 1}, "W49 still waits"
    assert store.reached.topics(ann.id, NOW) == {}
    assert store.items.count_topics(NOW - DAY) == {"mentoring": 2, "cpd": 3, "jobs": 1}
    assert store.items.count_languages(NOW - DAY) == {"en": 2, "it": 1}
    [letter] = store.reached.letters(ann.id)
    assert (letter.digest_id, letter.made_at, letter.subject, letter.items) == (sent[0], NOW, "Hello", 2)
    assert store.reached.letters("nobody") == []
    assert store.reached.of_item(ann.id, "item1") == [NOW]
    assert store.reached.of_item(ann.id, "item3") == []
    assert store.reached.of_item(bob.id, "item3") == [NOW]


def test_choosing_keeps_what_is_chosen_and_nothing_else(store: Store) -> None:
    reader, other = add(store, 1), add(store, 2)
    store.subscribers.save([replace(reader, email="new@example.org", links=3, paused_until=NOW + WEEK)], NOW)
    store.subscribers.unsubscribe(reader.token, NOW)
    chosen = replace(
        reader, name="Ann", profile=Profile(topics={"cpd": 2.0}, learned={"kind:post": 0.5}),
        schedule=Schedule("daily", 3, 17, "Asia/Kolkata"), language="it", max_items=3, edition="monthly",
    )  # fmt: skip
    kept = store.subscribers.choose(chosen, NOW)
    assert kept == replace(chosen, email="new@example.org", links=3, paused_until=NOW + WEEK, status="left")
    assert store.subscribers.get(reader.id) == kept
    assert store.subscribers.get(other.id) == other
    assert store.subscribers.choose(replace(chosen, id="nobody"), NOW) is None
    assert len(store.subscribers.all()) == 2


def test_who_asks_for_another_day_is_looked_at_again(store: Store) -> None:
    reader = add(store)
    store.subscribers.plan([reader], NOW)  # next Monday
    store.subscribers.choose(replace(reader, schedule=Schedule("daily", 1, 9, "UTC")), NOW)
    assert [r.id for r in list(chain.from_iterable(store.subscribers.due_in_parts(NOW + DAY, 2)))] == [reader.id]
