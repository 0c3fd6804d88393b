"""Corrections teach what carries over to other items of their source, within bounds, and can be unlearned."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Correction, Item, Tag, Topic
from aggregator.topics import Tagger
from aggregator.topics.corrections import WHY, corrected, in_force
from aggregator.topics.learn import LEAST, MOST, Judgement, Learned, judgements, learn
from aggregator.topics.measure import Judged, by_topic, figures

TOPICS = {
    "m": Topic("m", "Mentoring", words={"en": ("mentor", "coach")}),
    "o": Topic("o", "Other", words={"en": ("library",)}),
}
_judgements = st.lists(
    st.builds(Judgement, st.sampled_from("ab"), st.sampled_from("mo"), st.booleans()), max_size=30
)


def item(title: str, source: str = "s", text: str = "") -> Item:
    return Item(title, source=source, title=title, text=text, language="en")


def topics(tagger: Tagger, one: Item) -> list[str]:
    return [tag.id for tag in tagger.tag(one)]


def test_what_is_taken_away_again_and_again_counts_for_less_in_that_source_only() -> None:
    learned = learn([Judgement("s", "m", False)] * 3)
    taught, untaught = Tagger(TOPICS, learned), Tagger(TOPICS)
    assert topics(untaught, item("A mentor")) == ["m"]
    assert topics(taught, item("A mentor")) == []
    assert topics(taught, item("A mentor", source="elsewhere")) == ["m"]
    assert topics(taught, item("A mentor and a coach", text="A coach is a mentor. " * 3)) == ["m"], (
        "strong evidence stays"
    )


def test_what_is_added_again_and_again_counts_for_more_but_never_by_itself() -> None:
    taught = Tagger(TOPICS, learn([Judgement("s", "m", True)] * 3))
    padding = "A long beginning. " * 40
    weak = item(
        "News", text=padding + "It was a coach. " * 2 + "An open access repository and research data. " * 3
    )
    assert topics(Tagger(TOPICS), weak) == []
    assert topics(taught, weak) == ["m"]
    assert topics(taught, item("News of the day")) == []


@given(_judgements)
def test_lessons_are_bounded_and_do_not_depend_on_the_order(judged: list[Judgement]) -> None:
    learned = learn(judged)
    factors = [factor for leans in learned.leans.values() for factor in leans.values()]
    assert all(LEAST <= factor <= MOST for factor in factors)
    shuffled = list(judged)
    random.Random(1).shuffle(shuffled)
    assert learn(shuffled) == learned


def test_one_mistake_among_many_items_that_stand_says_little() -> None:
    alone, among_many = (learn([Judgement("s", "m", False)], {("s", "m"): count}) for count in (0, 100))
    assert alone.lean("s", "m") == 0.5
    assert 0.9 < among_many.lean("s", "m") <= 1.0
    often = learn([Judgement("s", "m", False)] * 30, {("s", "m"): 100})
    assert often.lean("s", "m") < 0.6
    assert learn([], {("s", "m"): 100}) == Learned()
    one_more = [learn([Judgement("s", "m", False)] * 9, {("s", "m"): count}) for count in (33, 34)]
    assert one_more[0] == one_more[1], "or every new item would have all held items tagged again"


def test_what_would_not_be_given_anyway_teaches_nothing() -> None:
    assert list(judgements({"x": {"m": False}}, [Item("x", source="s")], lambda _: [])) == []


def test_as_many_good_as_bad_teach_nothing() -> None:
    assert learn([Judgement("s", "m", True), Judgement("s", "m", False)]) == Learned()


def test_what_a_curator_left_alone_in_a_corrected_item_is_taken_for_right() -> None:
    said = {"x": {"m": False, "o": True}}
    found = judgements(said, [Item("x", source="s")], lambda _: ["m", "p"])
    assert set(found) == {Judgement("s", "m", False), Judgement("s", "p", True), Judgement("s", "o", True)}


def test_lessons_change_the_fingerprint_so_that_held_items_are_tagged_again() -> None:
    assert Tagger(TOPICS, learn([Judgement("s", "m", False)])).fingerprint != Tagger(TOPICS).fingerprint
    assert Tagger(TOPICS, Learned()).fingerprint == Tagger(TOPICS).fingerprint


# ----------------------------------------------------------------------------------------- corrections, measured
def test_a_correction_decides_and_keeps_true_reasons() -> None:
    tags = (Tag("m", "a word"), Tag("o", "another"))
    assert corrected(tags, {"m": False, "n": True, "o": True}) == (Tag("n", WHY), Tag("o", "another"))
    assert corrected((), {}) == ()


def test_the_newest_that_is_not_undone_is_in_force() -> None:
    from datetime import UTC, datetime

    at = datetime(2026, 11, 23, tzinfo=UTC)
    made = [
        Correction(2, "x", "m", False, "Ben", at),
        Correction(1, "x", "m", True, "Ann", at),
        Correction(3, "x", "m", True, "Ann", at, at),
    ]
    assert in_force(made) == {"x": {"m": False}}


def test_figures_of_nothing_are_unknown_and_not_zero() -> None:
    nothing = figures([])
    assert (nothing.precision, nothing.recall, nothing.judged, nothing.too_few) == (None, None, 0, True)
    some = (
        [Judged("m", True, True)] * 6
        + [Judged("m", False, True)] * 2
        + [Judged("m", True, False)] * 3
        + [Judged("o", False, False)]
    )
    one = by_topic(some)["m"]
    assert (one.precision, one.recall, one.too_few) == (0.75, 6 / 9, False)
    assert by_topic(some)["o"].precision is None
