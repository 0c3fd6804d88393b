"""One story once, however another source writes it; and what only looks alike stays apart."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedupe import (
    FULL,
    Changes,
    Near,
    candidates,
    dedupe,
    held_from,
    keys,
    marks_of,
    marks_of_all,
    strangers,
)
from aggregator.dedupe.alike import follows, same_story
from aggregator.dedupe.marks import MANY, MOST_MARKS, marks, winnowed, winnowed_at_once
from aggregator.dedupe.texts import READ, read_text, without_notice
from aggregator.dedupe.titles import is_update, number, read_title, relation, unmarked
from aggregator.model import Item, Occasion

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
TEXT = """The county archive has put nine thousand letters of its lighthouse keepers online. They were written between
the founding of the service and the day the last lamp was switched to a timer, and most had never left the boxes in
which they came. Volunteers typed them up over two winters, a table of six every Thursday, with tea.

What they found surprised the archivist. There is little about storms. There is a great deal about paint, about
oil that did not come, about a goat. One keeper drew every ship that passed and wrote down what he thought of it.

The letters can be searched by name, place and ship. Every page shows the picture beside the typed text, and a
button lets anybody propose a better reading. In the first week two hundred readings were mended, most of them by
one retired harbour master who says that he will not stop before he has read them all.

The archive hopes that schools will use the collection. A teacher of geography has already asked her class to draw
a map of the goat's travels. The work was paid for by the county and by a fund for the history of the coast."""
TITLE = "Nine thousand letters of lighthouse keepers are online"


def item(id: str, source: str = "archive", **fields: object) -> Item:
    made: dict[str, object] = {
        "guid": f"g{id}", "url": f"https://{source}.example.org/{id}", "title": TITLE, "text": TEXT,
        "published_at": MONDAY, "language": "en",
    }  # fmt: skip
    return Item(id, source, **{**made, **fields})  # type: ignore[arg-type]


FIRST = item("a")
OTHER = (
    "The reading room has a new lamp for every seat, and the map drawers no longer stick when it rains outside."
)


def against(held: Item, *arrivals: Item) -> Changes:
    """What becomes of arrivals when that item is held: by its keys and its marks, as a store answers."""
    by_key = {key: held_from(held) for key in keys(held)}
    known = {key: by_key[key] for one in arrivals for key in keys(one) if key in by_key}
    bearing = {mark: [held.id] for mark in marks_of(held)}
    return dedupe(arrivals, known, frozenset({held.id}), Near(bearing, {held.id: held_from(held)}))


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=\.)\s+", text)


COPIES: dict[str, Callable[[], dict[str, object]]] = {
    "cut at 200 characters": lambda: {"text": TEXT[:200] + "…"},
    "cut, and its title too": lambda: {"text": TEXT[:300] + " [...]", "title": "Nine thousand letters…"},
    "a passage from the middle, retitled": lambda: {
        "text": "From the county archive: " + " ".join(sentences(TEXT)[7:10]) + " […]",
        "title": "Letters of lighthouse keepers now online (with a goat)",
    },
    "another title": lambda: {"title": "The keeper, the paint and the goat"},
    "no title": lambda: {"title": ""},
    "a site's name in front": lambda: {"title": f"Coast News: {TITLE}"},
    "a site's name behind": lambda: {"title": f"{TITLE} - Coast News Weekly"},
    "capitals": lambda: {"title": TITLE.upper()},
    "a dateline and a footer": lambda: {
        "text": f"By Staff Writer | 3 May 2024 | 2 min read\n\n{TEXT}\n\nSubscribe to our newsletter. © 2025 Coast News"
    },
    "escaped once too often": lambda: {"text": escape(TEXT.replace("'", "’")), "title": escape(TITLE)},
    "republished, with a notice": lambda: {
        "text": f"This post originally appeared on the archive's own website.\n\n{TEXT}"
    },
    "paragraphs in another order": lambda: {"text": "\n\n".join(reversed(TEXT.split("\n\n")))},
    "some sentences dropped": lambda: {"text": " ".join(s for n, s in enumerate(sentences(TEXT)) if n % 3)},
    "every ninth word another": lambda: {
        "text": " ".join(w if n % 9 else "other" for n, w in enumerate(TEXT.split()))
    },
    "ten days later": lambda: {"published_at": MONDAY + timedelta(days=10)},
    "undated": lambda: {"published_at": None},
}


@pytest.mark.parametrize("edit", COPIES.values(), ids=COPIES)
def test_a_copy_is_merged_whatever_was_done_to_it(edit: Callable[[], dict[str, object]]) -> None:
    copy = item("b", "relay", **edit())
    assert against(FIRST, copy).merged == (("a", copy),)
    # It does not matter which of them came first, nor whether both come at once.
    assert against(copy, FIRST).merged == (("b", FIRST),)
    assert dedupe([FIRST, copy], {}) == Changes(new=(FIRST,), merged=(("a", copy),))


def pair(**both: tuple[str, str]) -> tuple[Item, Item]:
    """Two entries of one source that differ in these fields."""
    one, other = ({name: values[n] for name, values in both.items()} for n in (0, 1))
    return item("a", **one), item("b", **other)


def texts(one: str, other: str, template: str = "{} " + TEXT) -> tuple[str, str]:
    return template.format(one), template.format(other)


APART = {
    "numbered": pair(title=("Letters from the shelf #12", "Letters from the shelf #13")),
    "parts in words": pair(title=("Cataloguing ships, Part One", "Cataloguing ships, Part Two")),
    "parts in Roman": pair(title=("Cataloguing ships II", "Cataloguing ships III")),
    "behind a bar": pair(title=("Cataloguing ships | Part 1", "Cataloguing ships | Part 2")),
    "a second number": pair(title=("Course 2: ships, lesson 1", "Course 2: ships, lesson 2")),
    "yearly": pair(title=("Lighthouse day 2026", "Lighthouse day 2027")),
    "monthly": pair(title=("Community call, April", "Community call, May")),
    "versions": pair(title=("Shelfmark v1.2 released", "Shelfmark v1.3 released")),
    "minutes": pair(title=("Minutes of the board of 3 March 2026", "Minutes of the board of 17 March 2026")),
    "levels": pair(title=("Old hands: for beginners", "Old hands: for experts")),
    "jobs": pair(
        title=("Cataloguer - County Archive", "Head of collections - County Archive"),
        text=texts("cataloguer", "head of collections"),
    ),
    "places": pair(
        title=("Port Ash: letters online", "Wellmouth: letters online"),
        text=texts("In Port Ash,", "In Wellmouth,"),
    ),
    "sessions": pair(text=texts("Join us on 8 December at noon.", "Join us on Dec. 15th at noon.")),
    "people": pair(title=("In memoriam: Jane Smith", "In memoriam: Ivo Horvat"), text=texts("Jane", "Ivo")),
}


@pytest.mark.parametrize("both", APART.values(), ids=APART)
def test_what_only_looks_alike_stays_apart(both: tuple[Item, Item]) -> None:
    one, other = both
    assert against(one, other).new == (other,)
    assert dedupe([one, other], {}).new == (one, other)


def test_a_digest_that_quotes_a_story_is_not_the_story() -> None:
    quoted = " ".join(sentences(TEXT)[:3])
    digest = item(
        "b", "digest", title="What we read over the weekend",
        text="Good morning, here is what we read. A word about maps first: they are never finished. " * 3 + quoted
        + " And much else that has to do with moths, moss, kelp and the tides of the northern sea." * 4,
    )  # fmt: skip
    story = item("a", title="Letters of lighthouse keepers are online", text=quoted)
    assert against(story, digest).new == (digest,)


def test_one_story_in_two_languages_is_two_unless_it_is_one_page() -> None:
    page = "Devet tisuća pisama svjetioničara dostupno je na mreži. Arhiv županije objavio je zbirku, a dobrovoljci su "
    croatian = item(
        "b", "arhiv", language="hr", title=TITLE, text=page + "prepisivali dvije zime, svakog četvrtka."
    )
    assert against(FIRST, croatian).new == (croatian,)
    assert against(FIRST, replace(croatian, url=FIRST.url)).merged


def test_a_newsletter_with_one_title_and_one_frame_is_new_every_month() -> None:
    frame = (
        "Dear members, this is the letter of the friends of the lighthouse archive, sent to all who asked for it. "
    )
    frame += "To leave, write to the desk. The desk is open from ten to noon, and the kettle is always on. "
    first, second = (
        item(id, title="Letter of the lighthouse friends", text=frame + " ".join(some), published_at=MONDAY + n * timedelta(28))
        for n, (id, some) in enumerate((("a", sentences(TEXT)[:6]), ("b", sentences(TEXT)[6:])))
    )  # fmt: skip
    assert against(first, second).new == (second,)


def test_stated_days_tell_events_apart() -> None:
    held, later = (item(id, occasion=Occasion(starts=date(2026, 12, day))) for id, day in (("a", 1), ("b", 8)))
    assert against(held, later).new == (later,)


def test_very_short_texts_say_nothing() -> None:
    one, other = (
        item("a", title="Closed today", text="We are closed."),
        item("b", "x", title="Sorry", text="We are closed."),
    )
    assert against(one, other).new == (other,)


# ------------------------------------------------------------------------------------------------------ later news
LATER = [
    f"Update: {TITLE}", f"UPDATED – {TITLE}", f"Correction: {TITLE}", f"[Retracted] {TITLE}", f"{TITLE} (updated)",
    f"Aggiornamento: {TITLE}", f"Mise à jour : {TITLE}", f"Aktualisierung: {TITLE}", f"Ispravak: {TITLE}",
]  # fmt: skip


@pytest.mark.parametrize("title", LATER)
def test_later_news_is_new_and_says_what_it_follows(title: str) -> None:
    news = item("b", "paper", title=title, text=f"Three hundred more letters have come to light. {TEXT[:150]}")
    assert [(one.id, one.follows) for one in against(FIRST, news).new] == [("b", "a")]


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("Call for papers: Ships and shelves 2027", "Second call for papers: Ships and shelves 2027"),
        ("Call for papers: Ships and shelves 2027", "Deadline extended: Call for papers: Ships and shelves 2027"),
        ("Call for papers: Ships and shelves 2027", "Call for papers: Ships and shelves 2027 (extended deadline)"),
        ("CfP: ships, deadline 15 May", "Extended deadline: CfP: ships, deadline 30 May"),
    ],
)
def test_a_call_that_is_extended_is_later_news(first: str, later: str) -> None:
    held, news = item("a", title=first), item("b", title=later, text=TEXT.replace("nine", "ten"))
    changes = against(held, news)
    assert [one.follows for one in changes.new] == ["a"], changes


def test_next_years_second_call_does_not_follow_this_years() -> None:
    held, news = (
        item("a", title="Call for papers: Ships 2026"),
        item("b", title="Second call for papers: Ships 2027"),
    )
    assert [one.follows for one in against(held, news).new] == [""]


def test_an_update_that_says_nothing_new_is_a_copy() -> None:
    repeated = item("b", "relay", title=f"Updated: {TITLE}")
    assert against(FIRST, repeated).merged == (("a", repeated),)


def test_a_copy_of_later_news_is_merged_into_it() -> None:
    text = (
        "Three hundred more letters have come to light in an attic in the old harbour office, and the archive " * 3
    )
    news, copy = (item(id, source, title=LATER[0], text=text) for id, source in (("b", "paper"), ("c", "relay")))
    changes = dedupe([FIRST, news, copy], {})
    assert [(one.id, one.follows) for one in changes.new] == [("a", ""), ("b", "a")]
    assert [(held, one.id) for held, one in changes.merged] == [("b", "c")]


@pytest.mark.parametrize(
    "title", ["Updates from the archive", "A second chance", "Call for papers", "Extended hours", ""]
)
def test_no_later_news(title: str) -> None:
    assert not is_update(title)


# ---------------------------------------------------------------------------------------------------------- titles
@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("", "Ships", "none"),
        ("Ships, Part II", "ships part two", "same"),
        ("Community call, maggio 2026", "Community call, May 2026", "same"),
        ("Nine thousand…", TITLE, "cut"),
        ("Ships", "Ships - The Coast", "cut"),
        ("Ships", "News: Ships", "part"),
        ("Letters of lighthouse keepers", TITLE, "part"),
        ("Old letters of lighthouse keepers", "New letters of lighthouse keepers", "near"),
        ("Ships", "Shelves", "other"),
    ],
)
def test_how_titles_stand_to_each_other(one: str, other: str, how: str) -> None:
    assert relation(read_title(one), read_title(other)) == how
    assert relation(read_title(other), read_title(one)) == how


# ----------------------------------------------------------------------------------------------------------- marks
WORDS = st.lists(st.text("abcdefghijklmnop", min_size=2, max_size=8), min_size=40, max_size=90)


@given(WORDS, WORDS, WORDS)
def test_whoever_quotes_a_passage_shares_a_mark_with_it(
    before: list[str], passage: list[str], after: list[str]
) -> None:
    whole = {mark for mark in marks("", " ".join((*before, *passage, *after))) if mark < 0}
    quoted = {mark for mark in marks("", " ".join(passage)) if mark < 0}
    assert whole & quoted


@given(st.text(max_size=200), st.text(max_size=400))
def test_marks_are_few_and_fit_their_column(title: str, text: str) -> None:
    found = marks(title, text)
    assert len(set(found)) == len(found) <= MOST_MARKS
    assert all(-(2**31) <= mark < 2**31 for mark in found)
    assert found == marks(title, text)


def test_marks_are_the_same_on_every_machine() -> None:
    """They lie in databases: another writing of them would make everything held unfindable."""
    assert marks(TITLE, "one two three four five six seven") == STABLE


STABLE = (2054951638, 293491241, -484509737)


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=130), max_size=12))
def test_many_texts_have_the_marks_that_each_has(texts: list[list[int]]) -> None:
    assert list(winnowed_at_once(texts)) == list(map(winnowed, texts))


def test_marks_of_many_items_are_those_of_each() -> None:
    many = [item(str(n), "x", title=f"Title number {n} on reading", text=" ".join(STORY[n:])) for n in range(700)]
    assert len(many) > 2 * MANY  # made together, or else one by one
    assert (
        marks_of_all(many) == list(map(marks_of, many)) == [mark for one in many for mark in marks_of_all([one])]
    )


def test_no_digit_is_a_letter() -> None:
    """So a word of letters alone is a number only by its name."""
    assert not [code for code in range(sys.maxunicode + 1) if chr(code).isalpha() and chr(code).isdigit()]
    assert [number(word) for word in ("ottobre", "three", "xii", "xv", "reading", "3rd", "a1")] == [
        "month10", "3", "12", "", "", "3", "a1",
    ]  # fmt: skip


STORY = [f"word{n * n % 211}" for n in range(720)]


def test_megabytes_cost_no_more_than_their_beginning() -> None:
    flood = item("b", "x", title="spam " * 100_000, text="spam ham " * 500_000)
    assert len(marks_of(flood)) < MOST_MARKS
    assert len(read_text(flood.text)) <= READ
    assert len(held_from(flood).text) == READ
    assert len(dedupe([flood] * 20, {}).known) == 19


def test_a_mark_that_many_bear_proposes_nobody() -> None:
    crowd = {-1: [f"i{n}" for n in range(FULL)], -2: ["a", "b"], -3: ["a", "c"], 7: ["d"], -9: ["e"]}
    assert candidates([-1, -2, -3, 7, -9], crowd) == ["a", "d", "e"]


def test_only_strangers_are_looked_up() -> None:
    known, stranger = item("b"), item("c")
    assert strangers([known, stranger], {"g:archive:gb": held_from(known)}) == [stranger]


def test_a_notice_is_taken_out_of_the_beginning_only() -> None:
    assert without_notice("Cross-posted from the blog.\nWe begin.") == "We begin."
    assert (
        without_notice("We begin. " * 100 + "Originally posted on X. ")
        == "We begin. " * 100 + "Originally posted on X. "
    )


# ------------------------------------------------------------------------------------------------------------ laws
def test_two_that_were_new_become_one_when_a_third_connects_them() -> None:
    parts = sentences(TEXT)
    cut, quote = (
        item("b", "x", text=" ".join(parts[:3])),
        item("c", "y", text=" ".join(parts[8:]), title=f"{TITLE}: more"),
    )
    quote = replace(quote, published_at=MONDAY + timedelta(days=29))
    assert len(dedupe([cut, quote], {}).new) == 2
    changes = dedupe([cut, quote, item("a")], {})
    assert [one.id for one in changes.new] == ["b"]
    assert [(held, one.id) for held, one in changes.merged] == [("b", "c"), ("b", "a")]


def test_what_cannot_be_one_is_not_joined_by_a_third() -> None:
    parts = [item(f"{n}", f"s{n}", title=f"Letters from the shelf #{n}") for n in (12, 13)]
    changes = dedupe([*parts, item("c", "relay", title="")], {})
    assert [one.id for one in changes.new] == ["12", "13"]
    assert [held for held, _ in changes.merged] == ["12"]


@given(st.permutations(range(6)))
def test_the_groups_do_not_depend_on_the_order(order: list[int]) -> None:
    parts = sentences(TEXT)
    reading = [
        FIRST, item("b", "x", text=TEXT[:250]), item("c", "y", text=" ".join(parts[7:11])), item("d", "z", title="A goat"),
        item("e", "x", title="Letters from the shelf #12", text="Kelp. " + OTHER),
        item("f", "x", title="Letters from the shelf #13", text="Moss. " + OTHER),
    ]  # fmt: skip
    changes = dedupe([reading[n] for n in order], {})
    root = {one.id: one.id for one in changes.new} | {one.id: held for held, one in changes.merged}
    groups = {frozenset(id for id in root if root[id] == group) for group in root.values()}
    assert groups == {frozenset("abcd"), frozenset("e"), frozenset("f")}


VOCABULARY = "kelp moss fern tide lamp paint goat ship shelf card index mark stone light north".split()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=10), st.randoms())
def test_no_merge_without_something_shared(seeds: list[tuple[int, int]], chance: random.Random) -> None:
    """Whatever comes: every arrival in one place, the same answer again, and nothing merged without evidence."""
    reading = []
    for n, (seed, source) in enumerate(seeds):
        words = random.Random(seed).choices(VOCABULARY, k=40)
        title = " ".join(words[:3]) if chance.random() < 0.5 else f"Entry {n}"
        reading.append(item(f"{n}", f"s{source}", title=title, text=" ".join(words[: 40 - seed % 7])))
    changes = dedupe(reading, {})
    assert changes == dedupe(reading, {})
    by_id = {one.id: one for one in reading}
    for held, one in (*changes.merged, *changes.known):
        other = by_id[held]
        same = {by_id[id] for id in by_id if id != one.id}
        assert set(keys(one)) & set(keys(other)) or any(set(marks_of(one)) & set(marks_of(some)) for some in same)
    stored = Near(
        {mark: [one.id] for one in changes.new for mark in marks_of(one)},
        {one.id: held_from(one) for one in changes.new},
    )
    index = {
        key: held_from(by_id[held])
        for held, one in [*((o.id, o) for o in changes.new), *changes.merged, *changes.known]
        for key in keys(one)
    }
    assert dedupe(reading, index, frozenset(by_id), stored).new == ()


@given(st.text(max_size=80), st.text(max_size=300), st.text(max_size=80), st.text(max_size=300))
def test_the_verdict_is_the_same_from_both_sides(title: str, text: str, other_title: str, other_text: str) -> None:
    one, other = (
        held_from(item("a", title=title, text=text)),
        held_from(item("b", "x", title=other_title, text=other_text)),
    )
    assert (
        bool(same_story(one, other)) == bool(same_story(other, one)) or is_update(title) or is_update(other_title)
    )
    assert isinstance(follows(one, other), bool)
    assert unmarked(f" {title} ") == unmarked(title)
