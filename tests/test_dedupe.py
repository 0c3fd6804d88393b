"""Every arrival in exactly one place; no flood; nothing collapses that its source tells apart."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedupe import Changes, Held, content_hash, dedupe, held_from, keys, telling_title, without_updates
from aggregator.model import Item, Occasion

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
STORY = (
    "The county council has voted to keep all nine branch libraries open through the winter, after a campaign by "
)
STORY += "readers, schools and the two unions that represent library staff in the county."


def item(id: str, source: str = "blog", **fields: object) -> Item:
    made = {
        "guid": f"g{id}",
        "url": f"https://{source}.example.org/{id}",
        "title": f"Title {id}",
        "published_at": MONDAY,
    }
    return Item(id, source, **{**made, **fields})  # type: ignore[arg-type]


def held(items: Iterable[Item]) -> dict[str, Held]:
    """What a store would answer for these items."""
    return {key: held_from(one) for one in reversed(list(items)) for key in keys(one)}


def places(changes: Changes) -> tuple[int, int, int, int]:
    return len(changes.new), len(changes.updated), len(changes.known), len(changes.merged)


def test_the_same_entry_again_is_known_and_a_changed_one_updated() -> None:
    first = item("a", title="Opening hours")
    assert dedupe([first], held([first])) == Changes(known=(("a", first),))
    changed = replace(first, id="zz", text="Now also on Sundays")
    assert dedupe([changed], held([first])) == Changes(updated=(("a", changed),))
    moved = replace(first, url="https://blog.example.org/elsewhere")
    assert dedupe([moved], held([first])).updated == (("a", moved),)


def test_the_same_address_is_the_same_entry_whatever_its_identifier() -> None:
    first = item("a", title="Opening hours in winter")
    again = replace(first, id="b", guid="other", url="http://www.blog.example.org/a/?utm_source=rss")
    assert places(dedupe([again], held([first])))[0] == 0


def test_renumbered_identifiers_and_addresses_never_flood() -> None:
    old = [
        item(f"{n}", title=f"Reading group {w} meets librarians", text=f"{w} {STORY}")
        for n, w in enumerate("abcdefgh")
    ]
    new = [
        replace(one, id=f"n{n}", guid=f"new-{n}", url=f"https://new.example.org/?p={n}")
        for n, one in enumerate(old)
    ]
    assert places(dedupe(new, held(old))) == (0, 0, 8, 0)
    undated = [replace(one, published_at=None) for one in new]
    assert places(dedupe(undated, held(old))) == (0, 0, 8, 0)


def test_another_sources_copy_is_merged() -> None:
    first = item("a", title="County keeps all nine branch libraries open", text=STORY)
    same_address = item("b", "relay", url=first.url + "?utm_medium=feed", title="Worth reading")
    same_title = item("c", "paper", title="COUNTY KEEPS ALL NINE BRANCH LIBRARIES OPEN", published_at=None)
    relayed = item("d", "wire", title="[Crosspost] County keeps all nine branch libraries open | The Wire")
    cut = item(
        "e", "short", title="County keeps all nine…", text="Cross-posted from Blog with thanks.\n\n" + STORY
    )
    changes = dedupe([same_address, same_title, relayed, cut], held([first]))
    assert [held_id for held_id, _ in changes.merged] == ["a"] * 4
    # Seen again, it stays merged, even when its title has changed since.
    index = held([first]) | {key: held_from(first) for key in keys(cut)}
    retitled = replace(cut, title="Something else", text="", url="https://short.example.org/new")
    assert dedupe([retitled], index).merged == (("a", retitled),)


@pytest.mark.parametrize(
    "other",
    [
        item(
            "b",
            "paper",
            title="County keeps all nine branch libraries open",
            published_at=MONDAY + timedelta(days=31),
        ),
        item("b", "paper", title="County keeps all eight branch libraries open"),
        item("b", title="Weekly links #13", guid="13"),
    ],
    ids=["a year later", "another number in words", "series"],
)
def test_what_only_looks_alike_stays_apart(other: Item) -> None:
    first = item("a", title="County keeps all nine branch libraries open", text=STORY)
    series = item("c", title="Weekly links #12")
    assert dedupe([other], held([first, series])).new == (other,)


@pytest.mark.parametrize(
    "titles",
    [
        ("Weekly links for librarians #12", "Weekly links for librarians #13"),
        ("Course in metadata and cataloguing, part 1", "Course in metadata and cataloguing, part 2"),
        ("Community call on metadata, April 2026", "Community call on metadata, May 2026"),
        ("Library assistant, Cork City Libraries", "Library manager, Cork City Libraries"),
    ],
)
def test_series_parts_and_templates_stay_apart(titles: tuple[str, str]) -> None:
    pair = [item("a", title=titles[0], text=STORY), item("b", "other", title=titles[1], text=STORY)]
    assert len(dedupe(pair, {}).new) == 2


def test_next_years_event_at_the_same_address_is_new() -> None:
    first = item("a", title="Library Day 2026", url="https://example.org/library-day")
    later = item(
        "b", "calendar", title="Library Day 2027", url=first.url, published_at=MONDAY + timedelta(days=365)
    )
    assert dedupe([later], held([first])).new == (later,)


def test_an_event_that_comes_back_is_new_each_time() -> None:
    weekly = [
        item(
            f"{n}",
            title="Stories and songs for small children",
            text=STORY,
            occasion=Occasion(starts=date(2026, 12, n)),
        )
        for n in (1, 8)
    ]
    assert len(dedupe(weekly, {}).new) == 2
    assert dedupe(weekly[1:], held(weekly[:1])).new == (weekly[1],)
    unsaid = [replace(one, occasion=None, published_at=MONDAY + timedelta(days=n)) for n, one in enumerate(weekly)]
    assert len(dedupe(unsaid, {}).new) == 2
    next_year = replace(
        unsaid[0], id="z", guid="z", url="https://blog.example.org/z", published_at=MONDAY + timedelta(365)
    )
    assert dedupe([next_year], held(unsaid[:1])).new == (next_year,)


@pytest.mark.parametrize(
    "fields",
    [
        {"guid": "same"},
        {"url": "https://blog.example.org/news"},
        {"url": "https://blog.example.org/"},
        {"title": "Announcement from the library board"},
        {"guid": "same", "url": "https://blog.example.org/news"},
        {"guid": "", "url": "https://blog.example.org/news"},
        {"guid": "", "url": ""},
    ],
    ids=str,
)
def test_entries_with_one_identifier_link_or_title_do_not_collapse(fields: dict[str, str]) -> None:
    reading = [
        item(f"{n}", **{"title": f"Note on {w}"} | fields, text=w) for n, w in enumerate(["kelp", "moss", "fern"])
    ]
    first = dedupe(reading, {})
    assert [one.text for one in first.new] == ["kelp", "moss", "fern"]
    assert places(dedupe(reading, held(first.new))) == (0, 0, 3, 0)


def test_only_the_text_may_tell_entries_apart() -> None:
    reading = [item("x", guid="", url="", title="", text=word) for word in ("kelp", "moss")]
    changes = dedupe(reading, {})
    assert [one.text for one in changes.new] == ["kelp", "moss"]
    assert len({one.id for one in changes.new}) == 2


def test_an_entry_twice_in_one_reading_is_one() -> None:
    first = item("a", title="Opening hours in winter")
    assert places(dedupe([first, replace(first, id="b")], {})) == (1, 0, 1, 0)


def test_the_first_of_a_batch_wins_across_sources() -> None:
    first = item("a", title="County keeps all nine branch libraries open")
    second = item("b", "paper", title=first.title)
    assert dedupe([first, second], {}) == Changes(new=(first,), merged=(("a", second),))


def test_new_items_get_ids_of_their_own() -> None:
    pair = [
        item("same", title="One thing"),
        item("same", title="Another thing", guid="2", url="https://b.example.org/2"),
    ]
    changes = dedupe(pair, {})
    assert changes.new[0].id == "same"
    assert len({one.id for one in changes.new}) == 2
    assert dedupe(pair, {}) == changes


def test_telling_titles() -> None:
    assert telling_title("Re: [Crosspost] Ten Café tables for São Paulo’s library « The Shelf") == telling_title(
        "ten cafe tables for sao paulos library".replace("paulos", "paulo s")
    )
    for dull in (
        "",
        "Weekly links #12",
        "Newsletter, May 2026",
        "News from the library",
        "Le notizie della settimana",
    ):
        assert telling_title(dull) == ""
    assert telling_title("Metadata quality report 12") != telling_title("Metadata quality report 13")


def test_the_content_hash_knows_title_text_address_and_dates() -> None:
    first = item("a")
    assert content_hash(first) == content_hash(replace(first, id="b", author="x", guid="y", published_at=None))
    for field, value in {
        "title": "x",
        "text": "x",
        "url": "x",
        "occasion": Occasion(closes=date(2026, 12, 1)),
    }.items():
        assert content_hash(first) != content_hash(replace(first, **{field: value}))
    assert content_hash(replace(first, title="ab", text="c")) != content_hash(replace(first, title="a", text="bc"))


WORDS = st.sampled_from(
    ["", "Weekly links #12", "County keeps nine libraries open", "Metadata for maps and moths", STORY]
)
ITEMS = st.builds(
    Item,
    id=st.sampled_from("abcdef"),
    source=st.sampled_from(["", "blog", "paper"]),
    guid=st.sampled_from(["", "1", "2", "3"]),
    url=st.sampled_from(
        ["", "https://x.example.org/", "https://x.example.org/1", "https://y.example.org/2?utm_x=1", "http://["]
    ),
    title=WORDS,
    text=st.one_of(WORDS, st.text(max_size=20)),
    published_at=st.sampled_from([None, MONDAY, MONDAY + timedelta(days=10), MONDAY - timedelta(days=300)]),
)


@given(st.lists(ITEMS, max_size=12), st.lists(ITEMS, max_size=6))
def test_every_arrival_lands_in_exactly_one_place(arrivals: list[Item], before: list[Item]) -> None:
    known = held(dedupe(before, {}).new)
    changes = dedupe(arrivals, known)
    assert sum(places(changes)) == len(arrivals)
    ids = {one.id for one in changes.new}
    assert len(ids) == len(changes.new)
    assert not ids & {one.id for one in known.values()}
    for held_id, _ in (*changes.updated, *changes.known, *changes.merged):
        assert held_id in ids | {one.id for one in known.values()}


@given(st.lists(ITEMS, max_size=12))
def test_what_has_just_been_stored_is_not_new(arrivals: list[Item]) -> None:
    index: dict[str, Held] = {}
    first = dedupe(arrivals, {})
    by_id = {one.id: held_from(one) for one in first.new}
    settled = [(one.id, one) for one in first.new] + [*first.updated, *first.known, *first.merged]
    for held_id, one in settled:
        for key in keys(one):
            index.setdefault(key, by_id[held_id])
    assert dedupe(arrivals, index).new == ()


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_keys_are_short_and_the_same_each_time(title: str, url: str, text: str) -> None:
    one = Item("a", "s", "g", url, title, text)
    assert keys(one) == keys(replace(one, id="b"))
    assert len(set(keys(one))) == len(keys(one)) <= 5


@given(st.lists(st.text("abcdefghij", min_size=1, max_size=20), min_size=20, max_size=60))
def test_the_opening_is_the_same_however_its_words_are_set_apart(words: list[str]) -> None:
    """Lines give no blank to cut at, so they are read whole."""
    by_blanks, by_lines = item("1", text=" ".join(words)[:880]), item("1", text="\n".join(words)[:880])
    openings = [[key for key in keys(one) if key.startswith("b:")] for one in (by_blanks, by_lines)]
    assert openings[0] == openings[1]
    assert bool(openings[0]) == (len(by_blanks.text.split()) >= 25)


def test_a_beginning_overwrites_nothing_that_is_held() -> None:
    whole = item("1", title="Notice of the harbour library", text="All about it, at length.")
    beginning = replace(whole, text="")
    changes = dedupe([beginning], held([whole]))
    assert [one for one, _ in changes.updated] == [whole.id]
    kept = without_updates(changes, frozenset({beginning.id}))
    assert (kept.updated, [one for one, _ in kept.known]) == ((), [whole.id])
    assert without_updates(changes, frozenset()) == changes
