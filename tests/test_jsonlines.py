"""The JSON form of items: what goes out comes back, and half-filled objects are understood."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.jsonlines import item_from_json, moment, moment_from, occasion_from_json, occasion_to_json, to_json
from aggregator.model import ITEM_KINDS, Entry, Item, Occasion, Price, Tag

moments = st.none() | st.datetimes(
    datetime(1000, 1, 2),
    datetime(9999, 12, 30),
    timezones=st.just(UTC),
).map(lambda value: value.replace(microsecond=0))
texts = st.text(max_size=30)
occasions = st.builds(
    Occasion, starts=moments, ends=st.none() | st.dates(), closes=moments | st.dates(), place=texts, price=texts
)
items = st.builds(
    Item,
    id=texts,
    source=texts,
    guid=texts,
    url=texts,
    title=texts,
    text=texts,
    html=texts,
    author=texts,
    tags=st.lists(texts, max_size=3).map(tuple),
    published_at=moments,
    updated_at=moments,
    first_seen_at=moments,
    language=st.none() | st.sampled_from(["en", "it"]),
    kind=st.sampled_from(ITEM_KINDS),
    occasion=st.none() | occasions,
    topics=st.lists(st.builds(Tag, texts.filter(bool), texts), max_size=3).map(tuple),
    also_in=st.lists(texts, max_size=3).map(tuple),
    fresh=st.booleans(),
)


@settings(deadline=None)
@given(items)
def test_what_goes_out_comes_back(item: Item) -> None:
    assert item_from_json(json.loads(json.dumps(to_json(item)))) == item


def test_three_fields_are_enough() -> None:
    assert item_from_json({"id": "1", "title": "A", "text": "B"}) == Item(id="1", title="A", text="B")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="missing: id, text"):
        item_from_json({"title": "A"})


@pytest.mark.parametrize(
    ("given_kind", "kind"),
    [
        ("blog-post", "post"),
        ("conference-note", "notes"),
        ("course", "course"),
        ("poem", "post"),
        (None, "post"),
        (3, "post"),
    ],
)
def test_kinds_by_every_name(given_kind: object, kind: str) -> None:
    assert item_from_json({"id": "1", "title": "", "text": "", "kind": given_kind}).kind == kind


def test_topics_as_ids_or_with_reasons() -> None:
    item = item_from_json(
        {"id": 1, "title": None, "text": "", "topics": ["a", {"id": "b", "why": "c"}, {"why": "x"}, None]}
    )
    assert item.topics == (Tag("a"), Tag("b", "c"))
    assert (item.id, item.title) == ("1", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-03T04:05:06Z", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2026-02-03T04:05:06+02:00", datetime(2026, 2, 3, 2, 5, 6, tzinfo=UTC)),
        ("2026-02-03T04:05", datetime(2026, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-02-03", datetime(2026, 2, 3, tzinfo=UTC)),
        ("0001-01-01T00:00:00+05:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (17, None),
    ],
)
def test_moments(text: object, expected: datetime | None) -> None:
    assert moment_from(text) == expected


def test_a_moment_is_written_in_utc_and_a_day_as_a_day() -> None:
    assert moment(datetime(2026, 2, 3, 1, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))) == "2026-02-02T23:00:00Z"
    assert moment(date(2026, 2, 3)) == "2026-02-03"


def test_an_entry_has_the_keys_of_an_item() -> None:
    written = to_json(Entry(guid="g", title="T", tags=("x",)), source="s", id="i")
    assert {
        "id",
        "source",
        "url",
        "title",
        "text",
        "html",
        "author",
        "tags",
        "published_at",
        "language",
        "kind",
    } <= set(written)
    assert (written["id"], written["source"], written["kind"], written["published_at"]) == ("i", "s", None, None)
    assert "document" not in written


def test_other_names_of_collections_are_understood() -> None:
    item = item_from_json(
        {"id": "1", "title": "", "text": "", "date": "2026-01-02", "lang": "it", "language": "en"}
    )
    assert (item.published_at, item.language) == (datetime(2026, 1, 2, tzinfo=UTC), "en")


def test_everything_known_of_an_occasion_survives_json() -> None:
    full = Occasion(
        date(2027, 2, 1), date(2027, 3, 1), datetime(2027, 1, 31, 22, 59, tzinfo=UTC), "Zagreb", "free", "Prijave do 31.",
        opens=date(2026, 12, 1), zone="Europe/Zagreb", online=False, hours=(10.0, 15.5), pacing="cohort", tutor=True,
        prices=(Price("members", 0.0, "EUR", "member", "attend"), Price("others", None)), status="postponed", sequence=2,
        precision={"starts": "month"}, said={"closes": "Prijave do 31. siječnja"}, course="cat101",
    )  # fmt: skip
    assert occasion_from_json(json.loads(json.dumps(occasion_to_json(full)))) == full
    assert occasion_from_json(json.loads(json.dumps(occasion_to_json(Occasion())))) == Occasion()
