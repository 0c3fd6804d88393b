"""Readers get what they follow, best first, with true reasons; never what they muted or cannot read."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Item, Occasion, Pick, Profile, Tag
from aggregator.rank import Ranker, rank

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
        ("one", "Search: “open & box”"), ("two", "Search: “open & box”"),
    ]  # fmt: skip
    assert ranked(items, Profile(searches=("open moss",))) == []


def test_a_search_may_be_a_rule() -> None:
    items = [
        item("one", title="A box of open moss"),
        item("two", title="An open box"),
        item("three", title="Boxes"),
    ]
    search = "box* NOT (moss OR kelp)"
    [[two, three]] = rank(items, [Profile(searches=(search,))], top=5)
    assert {two.item.id, three.item.id} == {"two", "three"}
    assert two.why == f"Search: “{search}”"
    assert ranked(items, Profile(searches=("title:(open ADJ box)",))) == ["two"]


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


def test_an_item_about_other_things_besides_counts_less() -> None:
    items = [item("a-mixed", "ai", "x"), item("b-pure", "x")]
    assert ranked(items, Profile(topics={"x": 1, "y": 1})) == ["b-pure", "a-mixed"]
    assert ranked(items, Profile(topics={"x": 1, "ai": 1})) == ["a-mixed", "b-pure"]


def test_followed_sources_and_authors_bring_their_items_with_the_reason() -> None:
    items = [
        item("a", source="desk"),
        item("b", source="other", author="J. Doe, Ana Kovač (Zagreb)"),
        item("c", source="other", author="Anastasia"),
    ]
    follow = Profile(follow=("source:desk", "author:ana kovac", "author:", "source:gone"))
    [picks] = Ranker(titles={"desk": "Metadata desk"}).rank(items, [follow], top=5)
    assert [(pick.item.id, pick.why) for pick in picks] == [
        ("a", "You follow Metadata desk"), ("b", "You follow J. Doe, Ana Kovač (Zagreb)"),
    ]  # fmt: skip


def test_muted_sources_and_authors_never_come() -> None:
    items = [item("a", "x", source="desk"), item("b", "x", author="Ana Kovač"), item("c", "x")]
    [picks] = rank(items, [Profile(topics={"x": 1}, mute=("source:desk", "author:Ana Kovac"))])
    assert ids(picks) == ["c"]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"kind": "event", "occasion": Occasion(zone="Europe/Zagreb")}, "home"),
        ({"kind": "job", "url": "https://jobs.example.hr/1"}, "home"),
        ({"kind": "event", "occasion": Occasion(zone="Pacific/Auckland")}, "abroad"),
        ({"kind": "job", "url": "https://jobs.example.co.uk/1"}, "abroad"),
        ({"kind": "event", "occasion": Occasion(zone="Pacific/Auckland", online=True)}, "anywhere"),
        ({"kind": "post", "url": "https://blog.example.co.uk/1"}, "anywhere"),
        ({"kind": "job", "url": "https://jobs.example.io/1"}, "anywhere"),
        ({"kind": "job", "url": "https://[bad"}, "anywhere"),
    ],
)
def test_what_one_has_to_travel_to_counts_more_at_home_and_less_abroad(
    fields: dict[str, object], place: str
) -> None:
    items = [item("one", "x", **fields)]
    [[here]], [[nowhere]] = rank(items, [Profile(topics={"x": 1}, country="hr")]), rank(items, [Profile({"x": 1})])
    expected = {"home": here.score > nowhere.score, "abroad": here.score < nowhere.score}
    assert expected.get(place, here.score == nowhere.score)


def test_learned_marks_move_scores_a_little_and_never_beyond_their_bounds() -> None:
    items = [item("a", "x", source="dull"), item("b", "x", source="plain"), item("c", "x", source="dear")]
    learned = {"source:dear": 1.0, "source:dull": -1.0}
    [picks] = rank(items, [Profile(topics={"x": 2}, learned=learned)])
    assert ids(picks) == ["c", "b", "a"]
    assert picks[0].score == pytest.approx(picks[1].score * 2**0.5, abs=1e-3)
    assert picks[2].score == pytest.approx(picks[1].score / 2**0.5, abs=1e-3)


def test_a_topic_learned_from_marks_brings_items_and_says_so() -> None:
    [[pick]] = Ranker({"y": "Zines"}).rank([item("a", "y")], [Profile(topics={"x": 3}, learned={"topic:y": 0.6})])
    assert pick.score > 0
    assert pick.why == "Like what you marked: Zines"


PROFILES = st.builds(
    Profile,
    topics=st.dictionaries(st.sampled_from("wxyz"), st.integers(1, 3), max_size=3),
    keywords=st.lists(st.sampled_from(["moss", "fern", "moss fern", "fer*"]), max_size=2).map(tuple),
    searches=st.lists(st.sampled_from(["moss kelp", "fern"]), max_size=1).map(tuple),
    kinds=st.dictionaries(st.sampled_from(["job", "post"]), st.sampled_from([0, 0.5, 1.2]), max_size=1),
    languages=st.lists(st.sampled_from(["en", "it"]), max_size=1).map(tuple),
    mute=st.lists(st.sampled_from(["w", "x", "y", "z", "source:loud", "author:ann"]), max_size=1).map(tuple),
    follow=st.lists(st.sampled_from(["source:loud", "source:quiet", "author:ann"]), max_size=1).map(tuple),
    learned=st.dictionaries(
        st.sampled_from(["topic:x", "source:loud", "author:ann", "kind:job"]),
        st.sampled_from([-1.0, 0.5]),
        max_size=2,
    ),
    country=st.sampled_from([None, "HR", "GB"]),
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
        source=st.sampled_from(["loud", "quiet", ""]),
        author=st.sampled_from(["Ann", ""]),
        url=st.sampled_from(["https://a.example.hr/1", "https://b.example/2"]),
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
            assert f"source:{pick.item.source}" not in profile.mute
            assert not (pick.item.author == "Ann" and "author:ann" in profile.mute)
            assert not profile.languages or pick.item.language in (None, *profile.languages)
            assert bool(pick.why) or pick.score == 0
        # Company changes nothing.
        assert rank(items, [profile], NOW) == [everything]
    assert rank(items, profiles * 3, NOW, top=top)[-len(profiles) :] == best


@settings(max_examples=60, deadline=None)
@given(POOL, st.lists(PROFILES, min_size=1, max_size=3), st.sampled_from([None, NOW]))
def test_every_score_can_be_taken_apart(items: list[Item], profiles: list[Profile], now: datetime | None) -> None:
    ranking = Ranker().ranking(items, profiles, now)
    for number, picks in enumerate(ranking.picks()):
        explained = ranking.explain(number)
        for pick in picks:
            score = 0.0
            for part in explained[pick.item.id]:
                assert (part.plus is None) != (part.times is None)
                score = score + part.plus if part.plus is not None else score * (part.times or 0.0)
            assert score == pytest.approx(pick.score, abs=2e-4, rel=1e-4)
