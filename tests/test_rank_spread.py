"""Before a letter is chosen: quiet sources are heard, and at most one item comes from outside, truly labelled."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Item, Occasion, Pick, Profile, Section, Selection, Tag
from aggregator.rank.affinity import Mark, learned, traits
from aggregator.rank.spread import ENOUGH, Outside, spread

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def item(id: str, *topics: str, **fields: object) -> Item:
    made: dict[str, object] = {"title": f"Title {id}", "language": "en"}
    return Item(id, topics=tuple(Tag(topic) for topic in topics), **{**made, **fields})  # type: ignore[arg-type]


def letter(count: int) -> Selection:
    return Selection(
        (Section("reading", tuple(Pick(item(f"own {n}", "x"), 1.0, "Topic: x") for n in range(count))),)
    )


# ------------------------------------------------------------------------------------------------------------ spread
def test_a_loud_source_lets_a_quiet_one_through() -> None:
    loud = [Pick(item(f"loud {n}", source="loud"), 3.0 - n / 100, "") for n in range(4)]
    quiet = Pick(item("quiet", source="quiet"), 2.5, "")
    assert [pick.item.id for pick in spread([*loud, quiet])] == ["loud 0", "loud 1", "quiet", "loud 2", "loud 3"]


PICKS = st.lists(
    st.tuples(st.sampled_from(["a", "b", ""]), st.sampled_from([0.0, 1.0, 1.5, 3.0])), max_size=12
).map(
    lambda rows: [
        Pick(item(str(n), source=source), score, "")
        for n, (source, score) in enumerate(sorted(rows, key=lambda row: -row[1]))
    ]
)


@given(PICKS)
def test_spreading_loses_nothing_and_keeps_each_sources_own_order(picks: list[Pick]) -> None:
    after = spread(picks)
    assert sorted(pick.item.id for pick in after) == sorted(pick.item.id for pick in picks)
    for source in ("a", "b", ""):
        own = [pick for pick in picks if pick.item.source == source]
        assert [pick for pick in after if pick.item.source == source] == own
    assert after[:1] == picks[:1]


# ----------------------------------------------------------------------------------------------------------- outside
BESIDE = [item("b1", "x", "y"), item("b2", "y", "x")]
LABELS = {"x": "Mentoring", "y": "Zines"}


def test_one_item_beside_my_topics_comes_labelled_into_a_section_of_its_own() -> None:
    items = [*BESIDE, item("new", "y")]
    found = Outside(items, NOW, LABELS).added(letter(ENOUGH), Profile(topics={"x": 2}), set(), 20)
    assert [section.name for section in found.sections] == ["reading", "discovery"]
    [pick] = found.sections[-1].picks
    assert (pick.item.id, pick.why) == ("new", "Outside your topics: Zines, often beside Mentoring")


def test_it_can_be_switched_off_makes_no_letter_and_takes_no_place() -> None:
    outside, profile = Outside([*BESIDE, item("new", "y")], NOW, LABELS), Profile(topics={"x": 2})
    off = Profile(topics={"x": 2}, discovery=False)
    for selection, reader, most in ((letter(ENOUGH), off, 20), (letter(ENOUGH - 1), profile, 20),
                                    (letter(0), profile, 20), (letter(ENOUGH), profile, ENOUGH)):  # fmt: skip
        assert outside.added(selection, reader, set(), most) == selection


def test_nothing_muted_unread_closed_unwanted_known_or_disliked_comes_from_outside() -> None:
    profile = Profile({"x": 1}, kinds={"job": 0.2}, languages=("en",), mute=("m", "source:bad"),
                      learned={"author:ann": -0.3})  # fmt: skip
    hidden = [
        item("muted", "y", "m"), item("source", "y", source="bad"), item("hr", "y", language="hr"),
        item("job", "y", kind="job"), item("had", "y"), item("ann", "y", author="Ann"),
        item("over", "y", occasion=Occasion(closes=date(2026, 11, 1))), item("mine too", "y", "x"),
    ]  # fmt: skip
    assert Outside([*BESIDE, *hidden], NOW, LABELS).pick(profile, {"had", "b1", "b2"}) is None
    assert Outside([*BESIDE, *hidden, item("ok", "y")], NOW, LABELS).pick(profile, {"had"}) is not None


def test_one_chance_meeting_of_two_topics_is_no_reason() -> None:
    assert (
        Outside([item("b1", "x", "y"), item("new", "y")], NOW, LABELS).pick(Profile(topics={"x": 1}), set())
        is None
    )


def test_what_several_sources_carry_comes_first_then_the_newer() -> None:
    items = [
        *BESIDE,
        item("old", "y", published_at=NOW - timedelta(days=5)),
        item("new", "y", published_at=NOW),
        item("known", "y", published_at=NOW - timedelta(days=9), also_in=("a", "b")),
    ]
    outside, profile = Outside(items, NOW, LABELS), Profile(topics={"x": 1})
    had: set[str] = set()
    order = []
    while pick := outside.pick(profile, had):
        order.append(pick.item.id)
        had.add(pick.item.id)
    assert order == ["known", "new", "old"]


# ---------------------------------------------------------------------------------------------------------- affinity
def test_traits_are_what_a_mark_is_about() -> None:
    marked = item("a", "x", "y", source="desk", author="Ana Kovač", kind="event")
    assert traits(marked) == ("topic:x", "topic:y", "source:desk", "author:ana kovac", "kind:event")


def test_one_mark_moves_little_many_move_more_and_both_ways_cancel() -> None:
    more, less = Mark(("topic:x",), 1), Mark(("topic:x",), -1)
    assert learned([more]) == {"topic:x": 0.33}
    assert learned([more] * 8) == {"topic:x": 0.8}
    assert learned([less] * 2) == {"topic:x": -0.5}
    assert learned([more, less]) == {}


MARKS = st.lists(
    st.builds(Mark, st.lists(st.sampled_from("abc"), unique=True).map(tuple), st.sampled_from([1, -1])),
    max_size=20,
)


@given(MARKS, st.randoms())
def test_learning_is_bounded_and_forgets_the_order(marks: list[Mark], chance: object) -> None:
    found = learned(marks)
    assert all(-1 < value < 1 and value for value in found.values())
    shuffled = list(marks)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert learned(shuffled) == found
