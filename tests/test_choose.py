"""One letter from picks: sections, limits, one story once, and what waits."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Edition, Item, Limits, Occasion, Pick
from aggregator.rank import choose

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WIDE = Edition(limits=Limits(items=100, per_source=100, per_section=100))


def pick(id: str, source: str = "", **fields: object) -> Pick:
    made: dict[str, object] = {"title": f"Title {id}"}
    return Pick(Item(id, source, **{**made, **fields}), 1.0, "Topic: x")  # type: ignore[arg-type]


def shape(picks: list[Pick], edition: Edition = WIDE, most: int | None = None) -> dict[str, list[str]]:
    selection = choose(picks, edition, most, NOW)
    found = {section.name: [one.item.id for one in section.picks] for section in selection.sections}
    return found | ({"held": [one.item.id for one in selection.held_back]} if selection.held_back else {})


@pytest.mark.parametrize(
    ("kind", "section"),
    [("post", "reading"), ("paper", "reading"), ("news", "reading"), ("course", "courses"), ("event", "events"),
     ("call", "events"), ("notes", "notes"), ("thread", "discussions"), ("job", "jobs")],
)  # fmt: skip
def test_every_kind_has_its_section(kind: str, section: str) -> None:
    assert shape([pick("a", kind=kind)]) == {section: ["a"]}


def test_what_closes_within_fourteen_days_comes_first_soonest_on_top() -> None:
    def closing(id: str, days: int) -> Pick:
        return pick(id, kind="course", occasion=Occasion(closes=(NOW + timedelta(days=days)).date()))

    picks = [
        pick("post"),
        closing("later", 9),
        closing("far", 40),
        closing("today", 0),
        pick("open", kind="course"),
    ]
    assert list(shape(picks).items()) == [
        ("closing", ["today", "later"]), ("courses", ["far", "open"]), ("reading", ["post"]),
    ]  # fmt: skip


def test_of_a_series_the_next_day_that_can_be_joined_stands_for_all() -> None:
    def chat(id: str, days: int, url: str = "", status: str = "", title: str = "Library chat") -> Pick:
        starts = NOW + timedelta(days=days)
        guid, occasion = f"chat@x#{starts:%Y%m%dT%H%M%SZ}", Occasion(starts=starts, status=status)
        return pick(id, "calendar", kind="event", title=title, url=url, guid=guid, occasion=occasion)

    for url in ("", "https://x.example/chat"):
        days = [chat("last", 358, url), chat("off", 1, url, "cancelled"), chat("gone", -7, url),
                pick("post"), chat("next", 8, url), chat("then", 15, url)]  # fmt: skip
        assert shape(days) == {"events": ["next"], "reading": ["post"]}
        assert shape(days[:3]) == {"events": ["last"]}
    other = chat("guest", 22, title="Library chat: a guest")
    assert shape([chat("then", 15), other, chat("next", 8)]) == {"events": ["next", "guest"]}
    for_today = choose([chat("then", 15)], WIDE, None, NOW, had=[chat("next", 8).item])
    assert not for_today.picks


def test_of_two_runs_of_a_course_the_next_comes_and_courses_of_one_name_stay_apart() -> None:
    def run(id: str, starts: date, url: str) -> Pick:
        return pick(id, "mooc", kind="course", title="Cataloguing", url=url, occasion=Occasion(starts=starts))

    spring, autumn = date(2027, 3, 1), date(2027, 9, 1)
    assert shape([run("b", autumn, "https://m.example/c"), run("a", spring, "https://m.example/c")]) == {
        "courses": ["a"]
    }
    apart = [run("b", autumn, "https://m.example/b"), run("a", spring, "https://m.example/a")]
    assert shape(apart) == {"courses": ["b", "a"]}


def test_sections_stand_in_the_editions_order_and_what_has_none_is_left_out() -> None:
    edition = Edition(sections=("jobs", "reading"))
    soon = pick("soon", kind="job", occasion=Occasion(closes=date(2026, 11, 25)))
    picks = [pick("post"), pick("event", kind="event"), soon]
    assert list(shape(picks, edition).items()) == [("jobs", ["soon"]), ("reading", ["post"])]


def test_limits_hold_back_what_is_worse() -> None:
    picks = [pick(str(n), source) for n, source in enumerate("aabab")]
    assert shape(picks, Edition(limits=Limits(items=3))) == {"reading": ["0", "1", "2"], "held": ["3", "4"]}
    assert shape(picks, Edition(limits=Limits(per_source=1))) == {"reading": ["0", "2"], "held": ["1", "3", "4"]}
    mixed = [*picks, pick("job", kind="job")]
    assert shape(mixed, Edition(limits=Limits(per_section=2))) == {
        "reading": ["0", "1"], "jobs": ["job"], "held": ["2", "3", "4"],
    }  # fmt: skip
    assert shape(picks, Edition(limits=Limits(items=1)), most=4)["held"] == ["4"]
    assert shape(picks, WIDE, most=0) == {"held": ["0", "1", "2", "3", "4"]}


def test_items_of_no_known_source_do_not_share_its_limit() -> None:
    assert shape([pick(str(n)) for n in range(4)], Edition(limits=Limits(per_source=1))) == {
        "reading": list("0123")
    }


def test_one_story_once() -> None:
    title = "County keeps all nine branch libraries open"
    picks = [
        pick("a", "blog", title=title, url="https://a.example.org/1"),
        pick("b", "paper", title=title.upper() + " | The Paper"),
        pick("a", "blog", title="The same id"),
        pick("c", "x", title="Hours", url="https://c.example.org/1"),
        pick("d", "y", title="Hours", url="http://www.c.example.org/1?utm_source=x"),
        pick("e", "x", title="Prices", url="https://c.example.org/1"),
        pick("f", "z", title="Hours"),
    ]
    assert shape(picks) == {"reading": ["a", "c", "e", "f"]}


def test_later_news_comes_to_who_had_the_story_and_instead_of_it_to_who_had_not() -> None:
    title = "County keeps all nine branch libraries open"
    story, news = pick("a", title=title), pick("b", title=f"Updated: {title}", follows="a")
    assert shape([story, news]) == {"reading": ["b"]}
    had = choose([news], WIDE, None, NOW, had=[story.item])
    assert [one.item.id for one in had.picks] == ["b"]
    assert shape([story, pick("b", title=f"Updated: {title}")]) == {"reading": ["a"]}


PICKS = st.lists(
    st.builds(
        pick,
        st.text("abcdefghij", min_size=1, max_size=2),
        st.sampled_from(["blog", "paper", "wire"]),
        kind=st.sampled_from(["post", "job", "event", "course"]),
        occasion=st.sampled_from([None, Occasion(closes=date(2026, 11, 30))]),
    ),
    max_size=30,
)


@given(PICKS, st.integers(1, 12), st.integers(1, 5), st.integers(1, 6))
def test_the_laws_of_a_letter(picks: list[Pick], items: int, per_source: int, per_section: int) -> None:
    edition = Edition(limits=Limits(items, per_source, per_section))
    selection = choose(picks, edition, None, NOW)
    chosen = [one.item.id for one in selection.picks]
    everything = chosen + [one.item.id for one in selection.held_back]
    assert len(set(everything)) == len(everything)
    assert set(everything) == {one.item.id for one in picks}
    assert len(chosen) <= items
    assert all(0 < len(section.picks) <= per_section for section in selection.sections)
    assert all(count <= per_source for count in Counter(one.item.source for one in selection.picks).values())
