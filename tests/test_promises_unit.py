"""Promises that are cheapest to hold down without a whole service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import drafts
import pytest
from contract.conftest import reachable, schema_of_its_own
from hypothesis import given
from hypothesis import strategies as st

from aggregator.choose import choose
from aggregator.compose import Composer, compose, preflight
from aggregator.dedupe import Changes, dedupe, held_from
from aggregator.model import Due, Edition, Item, Letter, Occasion, Schedule, Section, Selection, Subscriber
from aggregator.publish import _stale_at
from aggregator.schedule import LOOK_BACK, Past, due, first_window
from aggregator.store import Posted, Store, Written, open_store

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(str(tmp_path / "test.db"))
    yield store
    store.close()


def an_item(id: str, **said: object) -> Item:
    plain = Item(id, "blog", url="https://blog.example/", title=f"Notice {id}", first_seen_at=NOW)
    return replace(plain, **said)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------------- items
def test_an_id_that_is_in_use_is_not_given_to_another_item() -> None:
    [new] = dedupe([an_item("a", title="Another notice")], {}, {"a"}).new
    assert new.id != "a"
    assert dedupe([an_item("a")], {}, {"b"}).new == (an_item("a"),)


def test_the_store_knows_which_ids_are_in_use(store: Store) -> None:
    store.sources.record([], Changes(new=(an_item("a"), an_item("b"))), NOW, "rules")
    assert store.items.taken(["a", "c", *map(str, range(2_000))]) == {"a"}
    assert store.items.taken([]) == set()


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=8), st.sets(st.sampled_from(["a", "b", "c"])))
def test_new_items_never_share_an_id_with_anything(ids: list[str], taken: set[str]) -> None:
    arrivals = [an_item(id, title=f"Notice number {n}", url="") for n, id in enumerate(ids)]
    new = dedupe(arrivals, {"x": held_from(an_item("c"))}, taken).new
    assert len({item.id for item in new} | taken | {"c"}) == len(new) + len(taken | {"c"})


# ----------------------------------------------------------------------------------------------------------- letters
def test_a_story_that_the_reader_had_is_not_told_again() -> None:
    had, copy = (
        an_item("a", title="Mentoring librarians abroad"),
        an_item("b", title="Mentoring librarians abroad"),
    )
    other = an_item("c", title="Mentoring weeks in Zagreb")
    picks = [drafts.pick(one) for one in (had, copy, other)]
    assert [pick.item.id for pick in choose(picks, Edition(), None, NOW).picks] == ["a", "c"]
    assert [pick.item.id for pick in choose(picks, Edition(), None, NOW, [had]).picks] == ["c"]


def test_one_address_under_two_titles_is_no_repetition() -> None:
    jobs = [drafts.pick(drafts.item(n, f"Vacancy {n}", url="https://jobs.example/list")) for n in (1, 2)]
    assert preflight(compose(drafts.draft(*jobs)), drafts.draft(*jobs)) == []
    twice = drafts.draft(jobs[0], drafts.pick(replace(jobs[0].item, id="other")))
    assert any("jobs.example" in problem for problem in preflight(compose(twice), twice))


@pytest.mark.parametrize(
    "said",
    [
        {"url": "HTTPS://A.EXAMPLE/Up"},
        {"url": "", "title": "Using <b> and <!-- in titles"},
        {
            "text": "Write to https://lists.example/u/anna@library.example or https://l.example/?u=anna%40library.example"
        },
        {"text": "See HTTP://lists.example/%61nna@library.example."},
        {"title": "At https://lists.example/anna@library.example/2026 and elsewhere"},
    ],
)
def test_nothing_an_item_says_keeps_a_letter_back(said: dict[str, str]) -> None:
    draft = drafts.draft(drafts.pick(drafts.item(1, **said)))  # type: ignore[arg-type]
    assert preflight(compose(draft), draft) == []


_WORDS = st.sampled_from(
    ["", "a", "Mentoring", "\r\nBcc: x@y.example", "<script>", "</title>", "{{", "%}", "<!--%", "\x00", "\x000\x00", "\u202e",
     "\u200f", "שלום", "📚", "漢字" * 40, "&#0;", '"', "\u2028", "https://evil.example/login", "anna@library.example", "..", "=?u?q?",
     "Undefined", "x" * 400, "\xad", "https://l.example/?u=anna@library.example ", "www.a.example", "\n.\n"]
)  # fmt: skip
_ADDRESSES = st.sampled_from(
    ["https://a.example/1", "https://a.example/?a=1&b=2", 'https://a.example/"onload="x', "https://a.example/ü b", "javascript:x",
     "https://a.example/" + "x" * 2500, "http://u:p@a.example/", "https://a.example/<b>", "https://[::1]/x", "https://a.example/\u2028"]
)  # fmt: skip
_ITEMS = st.lists(
    st.tuples(_ADDRESSES, st.lists(_WORDS, max_size=4), st.lists(_WORDS, max_size=8)), min_size=1, max_size=6
)
_COMPOSER = Composer()


@given(_ITEMS)
def test_no_words_of_strangers_keep_a_letter_back(found: list[tuple[str, list[str], list[str]]]) -> None:
    items = [
        drafts.item(n, " ".join([f"Title {n}", *title]), url=url, text=" ".join(words))
        for n, (url, title, words) in enumerate(found)
    ]
    selection = choose([drafts.pick(one) for one in items], Edition(), None, drafts.NOW)
    written = _COMPOSER.write(drafts.draft(selection=selection))
    assert preflight(written.letter, written.draft) == []


def test_a_letter_is_stale_when_the_first_of_its_items_is_over() -> None:
    soon, later = NOW + DAY, NOW + 3 * DAY

    def stale(*occasions: Occasion | None) -> datetime | None:
        picks = tuple(drafts.pick(an_item(str(n), occasion=one)) for n, one in enumerate(occasions))
        return _stale_at(Selection((Section("events", picks),)), drafts.draft().due)

    assert stale(None, Occasion()) is None
    assert stale(Occasion(closes=later), Occasion(starts=soon)) == soon
    assert stale(Occasion(starts=soon, ends=later)) == later
    assert stale(Occasion(starts=soon, ends=later, closes=soon)) == soon


# ------------------------------------------------------------------------------------------------------------ periods
def test_who_was_never_offered_anything_is_owed_the_first_period() -> None:
    reader = Subscriber("r", "r@example.org", schedule=Schedule("weekly", 1, 8, "UTC"), signed_up_at=NOW - DAY)
    missed, kept = due(reader, Past(), NOW + WEEK + DAY)
    assert (missed.missed, kept.missed) == (True, False)
    assert kept.since == first_window(reader.schedule, NOW)
    skipped = Past({missed.period}, None, missed.due_at)  # it was recorded by an earlier run
    assert [one.since for one in due(reader, skipped, NOW + WEEK)] == [first_window(reader.schedule, NOW)]
    away = replace(reader, paused_until=NOW + 2 * WEEK + DAY)
    assert [one.since for one in due(away, Past(), NOW + 3 * WEEK)] == [first_window(reader.schedule, NOW)]
    for_long = replace(reader, paused_until=NOW + 52 * WEEK)
    assert [one.since for one in due(for_long, Past(), NOW + 52 * WEEK + DAY)] == []
    assert [one.since for one in due(for_long, Past(), NOW + 53 * WEEK)] == [NOW + 53 * WEEK - LOOK_BACK]


# ------------------------------------------------------------------------------------------------------------- posting
def written(number: int) -> Written:
    reader = Subscriber(f"r{number}", f"r{number}@example.org", token=f"t{number}")
    letter = Letter(f"d{number}", "d@example.org", reader.email, f"<{number}@example.org>", "S", b"letter")
    return Written(f"d{number}", Due(reader, "2026-W48", NOW, NOW - WEEK, NOW), "waiting", NOW, "", letter)


def test_letters_that_came_twice_are_known_until_a_run_has_told_of_them(store: Store) -> None:
    store.digests.write([written(n) for n in range(3)], NOW)
    store.digests.claim(NOW, 60, 3)
    store.digests.settle([Posted("d0", "sent", NOW), Posted("d1", "sent", NOW, ambiguous=True)])
    store.digests.settle([Posted("d2", "deferred", NOW, "no answer", NOW, ambiguous=True)])
    assert store.digests.repeated(NOW - DAY) == [("d1", "<1@example.org>")]
    assert store.digests.repeated(NOW + DAY) == []


def test_two_services_in_one_postgresql_do_not_stop_each_other(needs: Callable[[str, bool, str], None]) -> None:
    needs("postgres", not reachable(), reachable())
    with schema_of_its_own() as one, schema_of_its_own() as other:
        first, again, second = open_store(one), open_store(one), open_store(other)
        with first.lock("run") as held, again.lock("run") as twice, second.lock("run") as elsewhere:
            assert (held, twice, elsewhere) == (True, False, True)
        for store in (first, again, second):
            store.close()
