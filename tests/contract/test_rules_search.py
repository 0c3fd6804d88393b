"""A rule asked of the full-text index finds what the matcher finds, on both engines, whatever rule and texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import sqlalchemy as sa
from contract.conftest import at_first_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.dedupe import Changes
from aggregator.model import Item
from aggregator.store import Store, open_store
from aggregator.store.fulltext import condition
from aggregator.store.schema import items as items_table
from aggregator.topics.rules import Matcher, RuleError, candidates, compile_rule

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
LISTS = {
    "mentoring": {
        "en": ("mentor", "peer mentoring", "coach*"),
        "hr": ("mentorstvo",),
        "it": ("tutoraggio",),
        "de": ("Bibliothek",),
    },
    "acronyms": {"en": ("MOOC", "CPD")},
}
WORDS = (
    "mentor mentors mentoring mentored Mentor MENTOR library libraries librarian librarians libri journal journals journalism "
    "publish published publisher MOOC MOOCs mooc CPD cpd IT it the a of and open access opened peer coach coaches "
    "knjižnica knjižnice knjižničar knjižničari knji mentorstvo mentorstva biblioteca biblioteche bibliothécaire "
    "Bibliotheken Bibliothek Straße STRASSE tutoraggio tutoraggi biblioteka biblioteki czytelnik czytelnicy ἀρχεῖον "
    "библиотека библиотеки 图书馆 公共图书馆的未来 हिन्दी पुस्तकालय مكتبة المكتبات 1e5x 2026 0x1f x² ① ﬁle İstanbul ISTANBUL "
    "O'Neill children's L'Aquila l’école e-learning C++ naïve œuvre ǅ ﾗｲﾌﾞﾗﾘ rock_n_roll"
).split()
LANGUAGES = (None, "en", "en-GB", "it", "hr", "pl", "de", "fr", "zh", "ru", "hi", "ar", "xx")
_serial = count()

_any_word = st.text(st.characters(categories=["L", "N", "M"]), min_size=1, max_size=5)


def _items(vocabulary: list[str]) -> st.SearchStrategy[Item]:
    texts = st.lists(st.one_of(st.sampled_from(vocabulary), st.text(max_size=6)), max_size=12).map(" ".join)
    return st.builds(
        Item,
        id=st.builds(lambda: f"r{next(_serial)}"),
        source=st.sampled_from(["ours", "theirs", "ours-too"]),
        title=texts, text=texts, author=st.sampled_from(["", "Ann O'Neill", "Knjižničar"]),
        tags=st.lists(texts, max_size=2).map(tuple),
        language=st.sampled_from(LANGUAGES), kind=st.sampled_from(["post", "course"]),
    )  # fmt: skip


def _rules(vocabulary: list[str]) -> st.SearchStrategy[str]:
    word = st.sampled_from(vocabulary)
    cut = st.builds(lambda word, most: f"{word[:most]}*", word, st.integers(3, 6))
    pattern = word.map(lambda word: f"{word[:2]}?{word[3:]}")
    phrase = st.lists(word, min_size=1, max_size=3).map(lambda found: f'"{" ".join(found)}"')
    term = st.one_of(
        phrase,
        cut,
        pattern,
        word.map(lambda one: f'="{one}"'),
        st.sampled_from(["list:mentoring", "list:acronyms"]),
    )
    placed = st.builds(
        lambda field, one: f"{field}:{one}", st.sampled_from(["title", "text", "tags", "author"]), term
    )
    fact = st.sampled_from(
        ["kind:course", "kind:(post OR course)", "source:ours", "source:ours*", "language:en", "language:hr"]
    )
    how = st.sampled_from(["NEAR/2", "NEAR", "ADJ", "ADJ/1", "NOT NEAR/1"])
    near = st.builds(lambda left, how, right: f"({left} {how} {right})", term, how, term)
    joins = st.sampled_from([" AND ", " OR ", " NOT ", " "])

    def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.builds(lambda left, join, right: f"({left}{join}{right})", inner, joins, inner)

    return st.recursive(st.one_of(term, placed, fact, near), joined, max_leaves=6)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[list[Item], list[str]]:
    """Items and rules that share their words, some of them from every corner of Unicode."""
    vocabulary = [
        *draw(st.lists(st.sampled_from(WORDS), min_size=3, max_size=8)),
        *draw(st.lists(_any_word, max_size=4)),
    ]
    return draw(st.lists(_items(vocabulary), min_size=1, max_size=5)), draw(
        st.lists(_rules(vocabulary), min_size=1, max_size=4)
    )


def keep(store: Store, found: list[Item]) -> None:
    store.sources.record([], Changes(new=tuple(replace(one, first_seen_at=NOW) for one in found)), NOW, "rules")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_cases())
def test_the_index_and_the_matcher_agree(store: Store, case: tuple[list[Item], list[str]]) -> None:
    fresh, asked = case
    keep(store, fresh)
    held = store.items.window(NOW - DAY, NOW)
    for text in asked:
        try:
            rule = compile_rule(text, LISTS)
        except RuleError:
            continue  # a sign that is no word, or a wildcard too early: test_topics_rules says what is refused
        matcher = Matcher({"": rule})
        expected = {item.id for item in held if matcher.match(item)}
        assert {item.id for item, _ in store.items.matching(rule, NOW - DAY)} == expected, text


def test_items_of_an_older_schema_are_analysed_anew(database: str) -> None:
    with at_first_schema(database) as connection:
        for id, search in (("kept", "librari of tomorrow"), ("pruned", "")):
            connection.execute(
                sa.text(
                    "INSERT INTO items (id, source, title, text, author, tags, first_seen_at, kind, fresh, content_hash, rules, search, language)"
                    " VALUES (:id, 's', 'Libraries of tomorrow', '', 'Ann', '[\"Knjižnice\"]', :at, 'post', true, '', '', :search, 'en')"
                ),
                {"id": id, "search": search, "at": int(NOW.timestamp())},
            )
    store = open_store(database)
    for rule in ("librarie*", "author:ann", "tags:knjižnice", "library NOT coach"):
        assert [item.id for item, _ in store.items.matching(compile_rule(rule), NOW - DAY)] == ["kept"], rule
    store.close()


def test_newest_first_within_the_window_and_no_more_than_asked(store: Store) -> None:
    mentors = [
        Item(f"m{n}", "ours", title=f"A mentor, part {n}", language="en", first_seen_at=NOW - n * DAY)
        for n in range(5)
    ]
    store.sources.record([], Changes(new=tuple(mentors)), NOW, "rules")
    rule = compile_rule("mentor*")
    assert [item.id for item, _ in store.items.matching(rule, NOW - 3 * DAY)] == ["m0", "m1", "m2"]
    assert [item.id for item, _ in store.items.matching(rule, NOW - 9 * DAY, NOW - DAY, 2)] == ["m1", "m2"]
    assert store.items.matching(rule, NOW - DAY)[0][1].why == "“mentor” in the title"


def test_what_a_rule_asks_is_answered_by_the_full_text_index(store: Store) -> None:
    keep(store, [Item(f"i{n}", "ours", title="A mentor", language="en") for n in range(50)])
    rule = compile_rule("mentor* NEAR/5 librar* NOT intern*")
    question = sa.select(items_table.c.id).where(condition(store.engine, candidates(rule, ["en"]), ["en"]))
    compiled = question.compile(store.engine)
    with store.engine.connect() as connection:
        if store.engine.dialect.name == "sqlite":
            values = tuple(compiled.params[name] for name in compiled.positiontup or ())
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).all()
            assert any("SCAN items_fts VIRTUAL TABLE INDEX" in str(row) for row in plan)
            assert not any("SCAN items'" in str(row) for row in plan)
        else:
            connection.exec_driver_sql("SET enable_seqscan = off")  # of fifty rows it would read all
            plan = connection.exec_driver_sql(f"EXPLAIN {compiled}", compiled.params).all()
            assert any("ix_items_search" in str(row) for row in plan)
