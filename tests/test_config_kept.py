"""A catalogue that is kept is the one that was parsed, or is parsed again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.app import CATALOGUE, RULES, open_app
from aggregator.config import Settings, parse, shipped
from aggregator.config.kept import Watched, name_of, packed, unpacked
from aggregator.model import Catalogue

DATA = Path(__file__).parent / "data"
RICH = """
lists: {places: {en: [reading room, stacks], de: [Lesesaal]}}
groups: {work: Daily work}
topics:
  rooms:
    label: Rooms
    broader: work
    scope: where people sit
    rule: list:places OR "quiet zone"
    only_rule: true
    match: [a new reading room, {title: Lesesaal, language: de, tags: [rooms], kind: event, author: Ann}]
    not: [a stack of plates]
sources:
  plain: https://example.org/feed
  full: {url: "https://example.org/list", kind: page, title: Full, topics: rooms, about: rooms, every: 36h,
         language: de, enabled: false, excerpt: 0, attribution: © Ann, access: open,
         options: {item: .entry, link: a, title: h2, pages: 3, deep: {a: [1, 2.5, true, null, x]}}}
  broken: {url: "ftp://example.org", knd: feed}
editions:
  digest: {title: News, cadence: monthly, limits: {items: 7}, sections: [courses, calls], accent: "#123456"}
"""


def same(text: str) -> Catalogue:
    """The catalogue of a text, after it has been found the same when it was kept."""
    catalogue, problems = parse(text, "feeds.yaml", {})
    found = unpacked(packed("name", catalogue, problems), "name")
    assert found is not None
    assert found == (catalogue, problems)
    assert repr(found) == repr((catalogue, problems))  # a tuple is a tuple, a list a list
    assert list(found[0].sources) == list(catalogue.sources)
    return catalogue


def test_the_shipped_catalogue_is_kept_as_it_is() -> None:
    assert len(same(shipped("feeds.yaml").read_text(encoding="utf-8")).sources) > 100


def test_everything_that_can_be_written_is_kept() -> None:
    catalogue = same(RICH)
    assert catalogue.sources["full"].options["deep"] == {"a": [1, 2.5, True, None, "x"]}
    assert catalogue.topics["rooms"].match[1].tags == ("rooms",)


words = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.tuples(words, words), max_size=5))
def test_any_titles_and_options_are_kept(said: dict[str, tuple[str, str]]) -> None:
    lines = (
        f"  {name}: {{url: 'https://{name}.example/', title: {json.dumps(title)}, options: {{x: {json.dumps(x)}}}}}"
        for name, (title, x) in said.items()
    )
    same("sources:\n" + "\n".join(lines))


@pytest.mark.parametrize("text", [None, "", "null", "[]", "7", "{}", '{"name": "name"}', "{", "\x00"])
def test_what_is_damaged_is_parsed_again(text: str | None) -> None:
    assert unpacked(text, "name") is None


def test_what_is_of_another_shape_is_parsed_again() -> None:
    whole = json.loads(packed("name", *parse(RICH, "feeds.yaml", {})))
    assert unpacked(json.dumps(whole), "another") is None
    for part in whole["catalogue"]:
        assert unpacked(json.dumps(whole | {"catalogue": whole["catalogue"] | {part: [1]}}), "name") is None
    whole["catalogue"]["sources"]["full"]["unheard"] = 1
    assert unpacked(json.dumps(whole), "name") is None


def test_the_name_changes_with_what_is_read() -> None:
    assert len({name_of("a", "f"), name_of("b", "f"), name_of("a", "g")}) == 3
    assert name_of("a", "f") == name_of("a", "f")


def test_whoever_asks_the_environment_is_seen() -> None:
    environ = Watched({"KEY": "s3cret"})
    parse("sources: {a: 'https://example.org/#${KEY}'}\n# ${OTHER}", "feeds.yaml", environ)
    assert environ.asked
    environ = Watched({"KEY": "s3cret"})
    parse("sources: {a: 'https://example.org/'}\n# ${KEY}", "feeds.yaml", environ)
    assert not environ.asked


# ------------------------------------------------------------------------------------------------- in a service
def opened(folder: Path, text: str, *, keep: bool = True) -> tuple[set[str], str | None, str | None, str]:
    feeds = folder / "feeds.yaml"
    feeds.write_text(text, encoding="utf-8")
    settings = Settings.load(feeds=str(feeds), database=str(folder / "a.db"))
    with open_app(settings, keep=keep) as app:
        rules = app.rules if keep else ""
        return set(app.catalogue.sources), app.store.setting(CATALOGUE), app.store.setting(RULES), rules


def test_a_service_keeps_its_catalogue_and_follows_the_file(tmp_path: Path) -> None:
    one, two = "sources: {a: https://a.example/}", "sources: {a: https://a.example/, b: https://b.example/}"
    first = opened(tmp_path, one)
    assert first[1] is not None
    assert opened(tmp_path, one) == first
    assert opened(tmp_path, two)[0] == {"a", "b"}
    assert opened(tmp_path, one) == first


def test_what_is_kept_is_what_is_used(tmp_path: Path) -> None:
    text = "sources: {a: https://a.example/}"
    _, kept, rules, named = opened(tmp_path, text)
    assert kept is not None
    assert rules is not None
    settings = Settings.load(feeds=str(tmp_path / "feeds.yaml"), database=str(tmp_path / "a.db"))
    with open_app(settings) as app:
        app.store.set(CATALOGUE, kept.replace("a.example", "c.example"))
        app.store.set(RULES, rules.replace(named, "other"))
    with open_app(settings) as app:
        assert app.catalogue.sources["a"].url == "https://c.example/"
        assert app.rules == "other"
        app.store.set(CATALOGUE, kept[:-9])
        app.store.set(RULES, f"stale {named}x")
    with open_app(settings) as app:
        assert app.catalogue.sources["a"].url == "https://a.example/"
        assert app.rules == named
        assert app.store.setting(CATALOGUE) == kept


def test_no_secret_is_kept_and_a_dry_run_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_KEY", "s3cret-s3cret")
    assert opened(tmp_path, "sources: {a: 'https://a.example/?k=${FEED_KEY}'}")[1:3] == (None, None)
    assert opened(tmp_path, "sources: {a: https://a.example/}", keep=False)[1:3] == (None, None)


def test_with_corrections_the_rules_are_worked_out_anew(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    opened(tmp_path, "sources: {a: https://a.example/}")
    settings = Settings.load(feeds=str(tmp_path / "feeds.yaml"), database=str(tmp_path / "a.db"))
    with open_app(settings) as app:
        kept = app.store.setting(RULES) or ""
        app.store.set(RULES, kept.partition(" ")[0] + " other")
        app.store.corrections.add("x", {"ai": True}, "ann", datetime(2026, 1, 1, tzinfo=UTC))
    with open_app(settings) as app:
        assert app.rules == kept.partition(" ")[2]
