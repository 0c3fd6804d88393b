"""Items as anybody may browse them, alike on both engines: newest first, by topic, with dates, never of the closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from aggregator.dedupe import Changes
from aggregator.model import Item, Occasion, SourceState, Tag
from aggregator.store import Store
from aggregator.topics.rules import compile_search

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
PUBLIC = frozenset({"open"})


def item(number: int, **more: object) -> Item:
    plain = Item(
        f"i{number}", "open", f"g{number}", f"https://open.example/{number}", f"Reading groups, part {number}", "Many words.",
        first_seen_at=NOW - number * DAY, language="en", topics=(Tag("reading"),),
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


@pytest.fixture
def held(store: Store) -> Store:
    dated = Occasion(closes=date(2026, 12, 1))
    new = (
        item(1), item(2, topics=()), item(3, source="closed"), item(4, source="unknown"), item(5, fresh=False),
        item(6, occasion=dated), item(7, occasion=dated, topics=(Tag("jobs"),)), item(8, source="closed", occasion=dated),
    )  # fmt: skip
    states = [SourceState(name, f"https://{name}.example/feed") for name in ("open", "closed")]
    store.sources.record(states, Changes(new=new), NOW, "rules")
    return store


def ids(found: list[Item]) -> list[str]:
    return [one.id for one in found]


def test_the_newest_of_open_sources_in_pages(held: Store) -> None:
    assert ids(held.browsing.newest(PUBLIC)) == ["i1", "i2", "i5", "i6", "i7"]
    assert ids(held.browsing.newest(PUBLIC, "reading")) == ["i1", "i5", "i6"]
    assert ids(held.browsing.newest(PUBLIC, fresh=True)) == ["i1", "i2", "i6", "i7"]
    assert ids(held.browsing.newest(PUBLIC, limit=2)) == ["i1", "i2"]
    assert ids(held.browsing.newest(frozenset())) == []
    [first, *_] = held.browsing.newest(PUBLIC)
    assert first.topics == (Tag("reading"),)


def test_what_has_dates(held: Store) -> None:
    found = held.browsing.dated(PUBLIC, NOW - 30 * DAY)
    assert ids(found) == ["i6", "i7"]
    assert found[0].occasion == Occasion(closes=date(2026, 12, 1))
    assert ids(held.browsing.dated(PUBLIC, NOW - 30 * DAY, "jobs")) == ["i7"]
    assert ids(held.browsing.dated(PUBLIC, NOW - 6 * DAY)) == []


def test_the_sources_of_a_topic(held: Store) -> None:
    assert held.browsing.sources_of("jobs", NOW - 30 * DAY) == {"open"}
    assert held.browsing.sources_of("jobs", NOW - DAY) == set()


def test_a_search_among_some_sources_stops_when_it_has_enough(held: Store) -> None:
    rule = compile_search("reading")
    assert rule
    since = NOW - 30 * DAY
    assert ids([one for one, _ in held.items.matching(rule, since, sources=PUBLIC)]) == [
        "i1",
        "i2",
        "i5",
        "i6",
        "i7",
    ]
    assert ids([one for one, _ in held.items.matching(rule, since, limit=1, sources={"closed"})]) == ["i3"]
    assert held.items.matching(rule, since, sources=frozenset()) == []


def test_the_secret_address_of_feeds(store: Store) -> None:
    keys = store.feed_keys
    assert keys.of("r1") is None
    assert keys.replace("r1", 1, "token-one", NOW)
    assert keys.owner("token-one") == "r1"
    key = keys.of("r1")
    assert key
    assert "token-one" not in str(key)
    assert not keys.replace("r1", 1, "token-two", NOW)
    assert keys.replace("r1", 2, "token-two", NOW)
    assert (keys.owner("token-one"), keys.owner("token-two")) == (None, "r1")
    assert keys.replace("r1", 3, "", NOW)
    assert keys.owner("token-two") is None
    assert keys.owner("") is None
    assert keys.replace("r2", 1, "", NOW)  # two without one are no clash
