"""From what a source said to what we hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Entry, Item, Occasion, Reading, Source
from aggregator.normalise import LONGEST_TEXT, item_id, item_ids, normalise, normalise_all

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SOURCE = Source("desk", "https://desk.example.org/feed")
ENTRY = Entry(guid="g1", url="https://desk.example.org/a?utm_source=rss", title="A title", text="Some text.")


def normal(entry: Entry, reading: Reading | None = None, source: Source = SOURCE) -> Item:
    item = normalise(entry, reading or Reading(), source, NOW)
    assert item is not None
    return item


def test_the_plain_case() -> None:
    entry = replace(
        ENTRY, html="<p>Some text.</p>", author="Jane Roe", tags=("Books",), published_at=NOW - timedelta(days=2)
    )
    assert normal(entry) == Item(
        id=item_id("desk", entry),
        source="desk",
        guid="g1",
        url="https://desk.example.org/a",
        title="A title",
        text="Some text.",
        html="<p>Some text.</p>",
        author="Jane Roe",
        tags=("Books",),
        published_at=NOW - timedelta(days=2),
        first_seen_at=NOW,
        kind="post",
    )


@pytest.mark.parametrize(
    ("stated", "held"),
    [
        (NOW - timedelta(days=3), NOW - timedelta(days=3)),
        (NOW + timedelta(hours=23), NOW),
        (NOW + timedelta(days=2), None),
        (NOW + timedelta(days=3650), None),
        (datetime(1970, 1, 1, tzinfo=UTC), None),
        (datetime(1999, 5, 1, tzinfo=UTC), datetime(1999, 5, 1, tzinfo=UTC)),
        (None, None),
    ],
)
def test_dates(stated: datetime | None, held: datetime | None) -> None:
    item = normal(replace(ENTRY, published_at=stated, updated_at=stated))
    assert (item.published_at, item.updated_at, item.first_seen_at) == (held, held, NOW)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(),
        Entry(url="https://e.org/x"),
        Entry(title="No way to know it", text="words"),
        Entry(title="Its link leads nowhere", url="javascript:alert(1)"),
    ],
)
def test_what_cannot_be_shown_is_refused(entry: Entry) -> None:
    assert normalise(entry, Reading(), SOURCE, NOW) is None


def test_an_entry_without_a_title_is_called_by_its_first_sentence() -> None:
    assert normal(replace(ENTRY, title=" ", text="First of all. Then more.")).title == "First of all."


def test_addresses() -> None:
    assert normal(replace(ENTRY, url="", guid="https://e.org/1")).url == "https://e.org/1"
    assert normal(replace(ENTRY, url="", guid="tag:e.org,2026:1")).url == ""
    linked = Entry(html='<p>See <a href="https://e.org/x?a=1&amp;b=2">x</a></p>', text="See x")
    assert normal(linked).url == "https://e.org/x?a=1&b=2"


@pytest.mark.parametrize(
    ("own", "curated", "feed", "expected"),
    [
        ("en-US", None, "en-US", "it"),
        ("en-US", "it", "en-US", "it"),
        ("it", None, "en-US", "it"),
        (None, None, None, "it"),
    ],
)
def test_language(own: str | None, curated: str | None, feed: str | None, expected: str) -> None:
    entry = replace(
        ENTRY, language=own, text="La biblioteca è aperta e questo è il posto che si trova nella piazza."
    )
    assert normal(entry, Reading(language=feed), replace(SOURCE, language=curated)).language == expected


def test_the_curators_language_outranks_the_feeds_habit() -> None:
    entry = replace(ENTRY, title="Workshop", text="", language="en-US")
    assert normal(entry, Reading(language="en-US"), replace(SOURCE, language="hr")).language == "hr"


@pytest.mark.parametrize(
    ("said", "option", "kind"),
    [
        (None, None, "post"),
        ("video", None, "video"),
        (None, "conference-note", "notes"),
        ("nonsense", "job", "job"),
    ],
)
def test_kind(said: str | None, option: str | None, kind: str) -> None:
    source = replace(SOURCE, options={"item_kind": option} if option else {})
    assert normal(replace(ENTRY, kind=said), source=source).kind == kind


def test_sizes_are_bounded_and_html_stays_whole() -> None:
    item = normal(replace(ENTRY, text="word " * 10_000, html="<p><b>" + "x" * 100_000, title="t " * 400))
    assert len(item.text) <= LONGEST_TEXT
    assert len(item.html) < 61_000
    assert item.html.endswith("</b></p>")
    assert len(item.title) <= 302


def test_boilerplate_and_what_is_unseen_goes() -> None:
    entry = replace(ENTRY, title="\u202eTitle", text="Words. The post A title appeared first on The desk.")
    assert (normal(entry).title, normal(entry).text) == ("Title", "Words.")


def test_the_occasion_is_kept() -> None:
    occasion = Occasion(closes=NOW, place="Zagreb")
    assert normal(replace(ENTRY, occasion=occasion)).occasion == occasion


@given(
    st.builds(Entry, guid=st.text(max_size=9), url=st.text(max_size=9), title=st.text(max_size=9)),
    st.text(max_size=5),
)
@settings(deadline=None)
def test_ids_follow_from_what_was_said(entry: Entry, source: str) -> None:
    own = item_id(source, entry)
    assert own == item_id(source, entry)
    assert len(own) == 16
    assert own.isalnum()
    assert own != item_id(source + "x", entry)


def test_an_id_outlives_changes_of_text_and_tracking() -> None:
    later = replace(ENTRY, title="A better title", text="More.", url="https://desk.example.org/a?utm_source=mail")
    assert item_id("desk", later) == item_id("desk", ENTRY)
    no_guid = replace(ENTRY, guid="")
    assert item_id("desk", replace(no_guid, url="https://desk.example.org/a?utm_source=x")) == item_id(
        "desk", no_guid
    )


def test_a_guid_that_several_entries_share_is_none() -> None:
    entries = tuple(replace(ENTRY, guid="0", url=f"https://e.org/{n}", title=f"T{n}") for n in range(3))
    items, refused = normalise_all(Reading(entries=entries), SOURCE, NOW)
    assert refused == 0
    assert len({item.id for item in items}) == 3
    assert {item.guid for item in items} == {""}


def test_listings_with_one_address_are_told_apart_by_their_titles() -> None:
    entries = [Entry(url="https://e.org/today", title=f"At {hour}") for hour in (9, 12, 15)]
    assert len(set(item_ids("s", entries))) == 3
    assert len(set(item_ids("s", [*entries, *entries]))) == 3


def test_the_same_entry_twice_is_one_item() -> None:
    items, _ = normalise_all(Reading(entries=(ENTRY, ENTRY, Entry())), SOURCE, NOW)
    assert len(items) == 2
    assert len({item.id for item in items}) == 1
    assert items[0].guid == "g1"
    assert normalise_all(Reading(entries=(ENTRY, ENTRY, Entry())), SOURCE, NOW)[1] == 1


def test_all_at_once_are_what_they_are_one_by_one() -> None:
    entries = (
        Entry(guid="1", url="https://e.org/1", title="One", text="Text of one"),
        Entry(guid="same", url="https://e.org/2", title="Two"),
        Entry(guid="same", url="https://e.org/3", title="Three"),
        Entry(url="https://e.org/4"),
        Entry(url="https://e.org/5", title="Five", author="Jane", tags=("a", "b")),
    )
    reading = Reading(language="en", entries=entries)
    items, refused = normalise_all(reading, SOURCE, NOW)
    alone = [normalise(entry, reading, SOURCE, NOW) for entry in entries]
    ids = item_ids(SOURCE.id, entries)
    expected = [
        replace(item, id=own, guid="" if item.guid == "same" else item.guid)
        for item, own in zip(alone, ids, strict=True)
        if item is not None
    ]
    assert list(items) == expected
    assert refused == alone.count(None) == 1
