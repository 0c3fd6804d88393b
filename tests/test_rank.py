"""Readers get what they follow, best first, with true reasons; never what they muted or cannot read."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Item, Occasion, Pick, Profile, Tag
from aggregator.rank import CHUNK, Ranker, rank

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def item(id: str, *topics: str, **fields: object) -> Item:
    made: dict[str, object] = {"title": f"Title {id}", "language": "en"}
    return Item(id, topics=tuple(Tag(topic) for topic in topics), **{**made, **fields})  # type: ignore[arg-type]


def ids(picks: list[Pick]) -> list[str]:
    return [pick.item.id for pick in picks]


def ranked(items: list[Item], profile: Profile, now: datetime | None = None) -> list[str]:
    return ids(rank(items, [profile], now, top=10)[0])


def test_heavier_topics_come_first_and_nothing_unasked() -> None:
    items = [
        item("none"),
        item("other", "ai"),
        item("light", "cpd"),
        item("both", "cpd", "mentoring"),
        item("heavy", "mentoring"),
    ]
    profile = Profile(topics={"mentoring": 3, "cpd": 1, "unheard-of": 3})
    assert ranked(items, profile) == ["both", "heavy", "light"]


def test_an_items_first_topic_counts_a_little_more() -> None:
    items = [item("second", "ai", "mentoring"), item("first", "mentoring", "ai")]
    assert ranked(items, Profile(topics={"mentoring": 3})) == ["first", "second"]


def test_without_top_everything_that_may_be_seen_is_there_with_its_score() -> None:
    items = [
        item("none"),
        item("muted", "cpd", "jokes"),
        item("hr", language="hr"),
        item("unknown", language=None),
        item("good", "cpd"),
    ]
    [picks] = rank(items, [Profile(topics={"cpd": 2}, mute=("jokes",), languages=("en",))])
    assert [(pick.item.id, pick.score > 0) for pick in picks] == [
        ("good", True),
        ("none", False),
        ("unknown", False),
    ]
    assert [pick.why for pick in picks] == ["Topic: cpd", "", ""]


def test_languages_are_compared_by_their_base() -> None:
    items = [item("a", "x", language="en-GB"), item("b", "x", language="it"), item("c", "x", language="IT_it")]
    assert ranked(items, Profile(topics={"x": 1}, languages=("it-CH",))) == ["b", "c"]
    assert ranked(items, Profile(topics={"x": 1})) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("keyword", "title", "language"),
    [
        ("OpenRefine", "Cleaning data with OpenRefine", "en"),
        ("book ban", "Three book bans lifted", "en"),
        ("librar*", "The librarians’ choir", "en"),
        ("biblioteca", "Le biblioteche di Torino", "it"),
        ("GND", "Neues von der GND", "de"),
        ("  legal   research ", "Legal research for beginners", "en"),
    ],
)
def test_keywords_are_words_and_phrases_in_any_form(keyword: str, title: str, language: str) -> None:
    items = [item("no", title="Something else", language=language), item("yes", title=title, language=language)]
    [[pick]] = rank(items, [Profile(keywords=(keyword,))], top=5)
    assert pick.item.id == "yes"
    assert pick.why == f"Keyword: “{' '.join(keyword.split())}”"


def test_keywords_are_no_parts_of_words() -> None:
    assert (
        ranked([item("a", title="Not recruiting artists", text="article")], Profile(keywords=("art", "cruit", "")))
        == []
    )


def test_a_keyword_in_the_title_says_more_and_a_rare_one_too() -> None:
    items = [item("text", text="moss"), item("title", title="On moss")]
    assert ranked(items, Profile(keywords=("moss",))) == ["title", "text"]
    items = [item("common", title="kelp"), item("common too", title="kelp"), item("rare", title="fern")]
    assert ranked(items, Profile(keywords=("kelp", "fern")))[0] == "rare"


def test_a_phrase_within_another_readers_longer_phrase_is_found() -> None:
    items = [item("a", title="A mentoring programme")]
    picks = rank(items, [Profile(keywords=("mentoring",)), Profile(keywords=("mentoring programme",))], top=1)
    assert [ids(one) for one in picks] == [["a"], ["a"]]


def test_all_words_of_a_search_must_occur() -> None:
    items = [item("one", title="Open boxes"), item("two", title="Box", text="they are open"), item("none")]
    [picks] = rank(items, [Profile(searches=("open & box", "open moss", "…"))], top=5)
    assert [(pick.item.id, pick.why) for pick in picks] == [
        ("one", "Search: “open box”"), ("two", "Search: “open box”"),
    ]  # fmt: skip
    assert ranked(items, Profile(searches=("open moss",))) == []


def test_reasons_use_labels_and_the_tags_own_reason() -> None:
    tagged = Item("a", title="OpenRefine", topics=(Tag("me", "“mentor” in the title"), Tag("cs")))
    [[pick]] = Ranker({"me": "Mentoring"}).rank(
        [tagged], [Profile(topics={"me": 2, "cs": 1}, keywords=("OpenRefine",))]
    )
    assert pick.why == "Topic: Mentoring — “mentor” in the title; Keyword: “OpenRefine”"


def test_kind_factors_by_either_name() -> None:
    items = [item("post", "x"), item("notes", "x", kind="notes"), item("job", "x", kind="job")]
    assert ranked(items, Profile(topics={"x": 1}, kinds={"conference-note": 1.5, "job": 0})) == ["notes", "post"]


def test_age_and_deadlines_count_only_with_a_moment() -> None:
    old = item("a-old", "x", published_at=NOW - timedelta(days=200))
    new = item("b-new", "x", published_at=NOW - timedelta(days=1))
    soon = item("c-soon", "x", published_at=NOW - timedelta(days=1), occasion=Occasion(closes=date(2026, 11, 30)))
    over = item("d-over", "x", occasion=Occasion(closes=date(2026, 11, 22)))
    profile = Profile(topics={"x": 1})
    assert ranked([old, new, soon, over], profile, NOW) == ["c-soon", "b-new", "a-old"]
    [picks] = rank([old, new, soon, over], [profile])
    assert len(picks) == 4
    assert len({pick.score for pick in picks}) == 1


def test_what_was_sent_does_not_come_again_and_only_to_that_reader() -> None:
    items = [item("a", "x"), item("b", "x")]
    picks = rank(items, [Profile(topics={"x": 1})] * 3, exclude=[{"a"}, set(), {"a", "b", "gone"}], top=9)
    assert [ids(one) for one in picks] == [["b"], ["a", "b"], []]


def test_ties_go_to_the_newer_then_by_id_whatever_the_order_of_items() -> None:
    items = [item("b", "x"), item("a", "x"), item("z", "x", published_at=NOW), item("y", "x", first_seen_at=NOW)]
    for order in (items, items[::-1]):
        assert ranked(order, Profile(topics={"x": 1})) == ["y", "z", "a", "b"]
        assert ids(rank(order, [Profile(topics={"x": 1})], top=3)[0]) == ["y", "z", "a"]


def test_nothing_to_rank_and_nobody_to_rank_for() -> None:
    assert rank([], [Profile(topics={"x": 1}, keywords=("a",))], top=3) == [[]]
    assert rank([item("a")], []) == []
    assert rank([item("a")], [Profile(keywords=("x",))], top=0) == [[]]


PROFILES = st.builds(
    Profile,
    topics=st.dictionaries(st.sampled_from("wxyz"), st.integers(1, 3), max_size=3),
    keywords=st.lists(st.sampled_from(["moss", "fern", "moss fern", "fer*"]), max_size=2).map(tuple),
    searches=st.lists(st.sampled_from(["moss kelp", "fern"]), max_size=1).map(tuple),
    kinds=st.dictionaries(st.sampled_from(["job", "post"]), st.sampled_from([0, 0.5, 1.2]), max_size=1),
    languages=st.lists(st.sampled_from(["en", "it"]), max_size=1).map(tuple),
    mute=st.lists(st.sampled_from("wxyz"), max_size=1).map(tuple),
)
POOL = st.lists(
    st.builds(
        item,
        st.text("abcdefgh", min_size=1, max_size=2),
        st.sampled_from("wxyz"),
        st.sampled_from("wxyz"),
        title=st.sampled_from(["On moss", "Moss, fern and kelp", "Ferns"]),
        language=st.sampled_from(["en", "it", None]),
        kind=st.sampled_from(["job", "post"]),
        published_at=st.sampled_from([None, NOW, NOW - timedelta(days=9)]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@settings(max_examples=60, deadline=None)
@given(POOL, st.lists(PROFILES, min_size=1, max_size=4), st.integers(1, 5))
def test_the_laws_of_ranking(items: list[Item], profiles: list[Profile], top: int) -> None:
    full, best = rank(items, profiles, NOW), rank(items, profiles, NOW, top=top)
    for profile, everything, picks in zip(profiles, full, best, strict=True):
        assert picks == [pick for pick in everything if pick.score > 0][:top]
        scores = [pick.score for pick in everything]
        assert scores == sorted(scores, reverse=True)
        for pick in everything:
            topics = {tag.id for tag in pick.item.topics}
            assert not topics & set(profile.mute)
            assert not profile.languages or pick.item.language in (None, *profile.languages)
            assert bool(pick.why) or pick.score == 0
        # Company changes nothing: alone, or among so many that they are worked off in parts.
        assert rank(items, [profile], NOW) == [everything]
    assert rank(items, profiles * CHUNK, NOW, top=top)[-len(profiles) :] == best
