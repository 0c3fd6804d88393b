"""`tag`, `dedupe` and `rank` as filters on JSON lines."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import click
import pytest
from click.testing import CliRunner, Result

from aggregator.app import App
from aggregator.cli import cli
from aggregator.collect import tag as tag_in_collect
from aggregator.config import load, shipped
from aggregator.errors import Exit
from aggregator.jsonlines import to_json
from aggregator.model import Item
from aggregator.topics import Tagger

FEEDS = """
topics:
  mentoring:
    label: Mentoring
    words: {en: [mentoring], it: [mentoring]}
  open-access:
    label: Open access
    words: {en: [open access], it: [accesso aperto]}
sources:
  blog: {url: https://blog.example.org/feed, topics: [mentoring], about: [open-access]}
"""


@pytest.fixture
def feeds(tmp_path: Path) -> str:
    path = tmp_path / "catalogue.yaml"
    path.write_text(FEEDS, encoding="utf-8")
    return str(path)


def run(*arguments: str, lines: list[Any] = [], text: str | bytes | None = None) -> Result:  # noqa: B006
    """Run a command on items, or on the very text."""
    given = text if text is not None else "".join(json.dumps(line) + "\n" for line in lines)
    return CliRunner().invoke(cli, arguments, input=given, standalone_mode=False)


def code(result: Result) -> object:
    """The exit code, as `aggregator.cli.main` makes it."""
    return getattr(result.exception, "exit_code", None) if result.exception else result.return_value


def printed(result: Result) -> list[dict[str, Any]]:
    assert result.exception is None, result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


def item(id: str, title: str, text: str = "", **more: object) -> dict[str, Any]:
    return {"id": id, "title": title, "text": text, **more}


# -------------------------------------------------------------------------------------------------------- tag
def test_tag_prints_topics_reasons_and_kind(feeds: str) -> None:
    items = [
        item("a", "A mentoring programme", language="en", colour="blue", source="blog"),
        item("b", "Tea", source="blog"),
        item("c", "Call for papers: accesso aperto", lang="it"),
    ]
    result = run("tag", "--feeds", feeds, lines=items)
    assert printed(result) == [
        {"id": "a", "topics": ["mentoring"], "why": {"mentoring": "“mentoring programme” in the title"}, "kind": "post"},
        {"id": "b", "topics": [], "why": {}, "kind": "post"},
        {"id": "c", "topics": ["open-access"], "why": {"open-access": "“accesso aperto” in the title"}, "kind": "call"},
    ]  # fmt: skip
    assert (code(result), result.stderr) == (0, "")


def test_topics_come_from_the_shipped_file_unless_one_is_here(tmp_path: Path) -> None:
    line = [item("a", "Mentoring and moss", language="en")]
    assert printed(run("tag", lines=line))[0]["topics"] == ["mentoring"]
    (tmp_path / "feeds.yaml").write_text(
        "topics: {plants: {label: Plants, words: {en: [moss]}}}", encoding="utf-8"
    )
    assert printed(run("tag", lines=line))[0]["topics"] == ["plants"]
    (tmp_path / "feeds.yaml").write_text("sources: {a: {url: https://a.example.org/feed}}", encoding="utf-8")
    assert printed(run("tag", lines=line))[0]["topics"] == ["mentoring"]


def test_a_catalogue_that_is_not_there_is_the_curators_to_mend() -> None:
    assert code(run("tag", "--feeds", "nowhere.yaml", lines=[])) == Exit.CONFIG


def test_the_filter_and_collect_give_the_same_topics_and_kinds() -> None:
    @dataclass
    class Desk:
        tagger: Tagger

    desk = Desk(Tagger(load(shipped("feeds.yaml"), {})[0].topics))
    items = [
        Item("a", title="Call for papers: open access", text="Librarians write.", language="en"),
        Item("b", title="Corso di formazione per bibliotecari", tags=("catalogazione",), language="it"),
        Item("c", title="My garden", text="Roses."),
        Item("d", title="MARC in 2026", url="https://blog.orcid.org/marc", text="Records. " * 40, language="en"),
    ]
    for found, given in zip(printed(run("tag", lines=[to_json(item) for item in items])), items, strict=True):
        collected = tag_in_collect(cast(App, desk), given, None)
        assert found["topics"] == [tag.id for tag in collected.topics]
        assert found["why"] == {tag.id: tag.why for tag in collected.topics}
        assert found["kind"] == collected.kind


BAD = """{"id": "a", "title": "Mentoring", "text": ""}
not json

[1, 2]
{"id": "b", "title": "no text"}
{"id": "c", "title": "Mentoring", "text": ""}
"""


@pytest.mark.parametrize("command", [("tag",), ("dedupe",), ("rank", "--for", "reader.json")], ids=lambda c: c[0])
def test_bad_lines_are_named_and_the_others_go_on(command: tuple[str, ...], feeds: str) -> None:
    Path("reader.json").write_text("{}", encoding="utf-8")
    result = run(*command, "--feeds", feeds, text=BAD)
    assert sorted(line["id"] for line in printed(result)) == ["a", "c"]
    named = result.stderr.splitlines()
    assert [line.split(": ")[0] for line in named] == [f"standard input:{n}" for n in (2, 4, 5)]
    assert "not JSON" in named[0]
    assert "object" in named[1]
    assert "missing: text" in named[2]
    assert code(result) == 1


def test_what_read_prints_goes_straight_into_tag(feeds: str) -> None:
    head = {"document": "a.xml", "kind": "feed", "title": "A", "language": "en", "entries": 1, "error": None}
    result = run("tag", "--feeds", feeds, lines=[head, {"id": "1", "title": "x", "text": ""}])
    assert code(result) == 0
    assert [line["id"] for line in printed(result)] == ["1"]


def test_lines_that_are_no_text_or_nested_without_end(feeds: str) -> None:
    deep = b'{"id": "b", "title": "x", "text": ' + b"[" * 100_000 + b"\n"
    good = b'\xef\xbb\xbf{"id": "c", "title": "\\ud800 mentoring", "text": ""}\n'
    result = run("tag", "--feeds", feeds, text=good + b'{"id": "\xff"}\n' + deep)
    assert [line["id"] for line in printed(result)] == ["c"]
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == ["standard input:2", "standard input:3"]


def test_operands_are_files_and_options_stand_anywhere(feeds: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(json.dumps(item(name, "Mentoring")) + "\nbad\n", encoding="utf-8")
    result = run("tag", "one", "--feeds", feeds, "--database", "none.db", "-", "two", "--at", "2026-11-23T08:00:00Z",
                 lines=[item("between", "Tea")])  # fmt: skip
    assert [line["id"] for line in printed(result)] == ["one", "between", "two"]
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == ["one:2", "two:2"]
    assert not Path("none.db").exists()
    assert code(run("tag", "missing.jsonl")) == Exit.USAGE


# ----------------------------------------------------------------------------------------------------- dedupe
def test_dedupe_groups_by_the_first_of_a_kind() -> None:
    title = "County keeps all nine branch libraries open"
    items = [
        item("a", title, url="https://a.example.org/1", source="blog"),
        item("b", "Weekly links #12", source="blog"),
        item("c", title, url="https://b.example.org/2", source="paper"),
        item("d", "Weekly links #13", source="blog"),
        item("e", "County keeps…", url="https://b.example.org/2?utm_source=x", source="wire"),
        item("b", "Weekly links #12", source="blog"),
    ]
    groups = [(line["id"], line["group"]) for line in printed(run("dedupe", lines=items))]
    assert groups == [("a", "a"), ("b", "b"), ("c", "a"), ("d", "d"), ("e", "a"), ("b", "b")]


def test_later_news_is_in_the_group_of_its_story() -> None:
    call = "Call for papers: Ships and shelves 2027"
    items = [
        item("a", call, source="blog", url="https://a.example.org/1"),
        item("b", f"Second {call}", source="blog", url="https://a.example.org/2"),
        item("c", f"Deadline extended: {call}", source="wire", url="https://c.example.org/3", follows="zz"),
        item("d", call.replace("2027", "2028"), source="blog", url="https://a.example.org/4"),
    ]
    groups = [(line["id"], line["group"]) for line in printed(run("dedupe", lines=items))]
    assert groups == [("a", "a"), ("b", "a"), ("c", "a"), ("d", "d")]


# ------------------------------------------------------------------------------------------------------- rank
def reader(**profile: object) -> str:
    Path("reader.json").write_text(json.dumps(profile), encoding="utf-8")
    return "reader.json"


def test_rank_tags_first_and_prints_best_first(feeds: str) -> None:
    items = [
        item("tea", "Tea", language="en"),
        item("word", "OpenRefine", language="en"),
        item("topic", "Mentoring in Zagreb", language="en"),
        item("given", "Anything", language="en", topics=["mentoring"], kind="blog-post"),
        item("muted", "Open access", language="en"),
        item("hr", "Mentoring", language="hr"),
    ]
    profile = reader(
        topics={"mentoring": 3}, keywords=["OpenRefine"], languages=["en"], mute=["open-access"], moon="full"
    )
    result = printed(run("rank", "--feeds", feeds, "--for", profile, lines=items))
    assert [line["id"] for line in result] == ["given", "topic", "word", "tea"]
    assert result[1]["why"] == "Topic: Mentoring — “Mentoring” in the title"
    assert result[2]["why"] == "Keyword: “OpenRefine”"
    assert result[3] == {"id": "tea", "score": 0, "why": ""}


def test_age_counts_only_with_at(feeds: str) -> None:
    items = [
        item("a", "Mentoring", published_at="2020-01-01T00:00:00Z"),
        item("b", "Mentoring", published_at="2026-11-20T00:00:00Z"),
        item("c", "Mentoring", occasion={"closes": "2026-11-01"}),
    ]
    profile = reader(topics={"mentoring": 1})
    plain = printed(run("rank", "--feeds", feeds, "--for", profile, lines=items))
    assert len({line["score"] for line in plain}) == 1
    assert len(plain) == 3
    dated = printed(run("rank", "--feeds", feeds, "--for", profile, "--at", "2026-11-23T08:00:00Z", lines=items))
    assert [line["id"] for line in dated] == ["b", "a"]
    assert dated[0]["score"] > dated[1]["score"]


@pytest.mark.parametrize(
    "profile",
    [
        "not json",
        "[]",
        '{"topics": {"a": "much"}}',
        '{"topics": {"a": NaN}}',
        '{"keywords": {"a": 1}}',
        '{"mute": [1]}',
    ],
)
def test_a_profile_that_cannot_be_understood_is_a_usage_error(profile: str) -> None:
    Path("reader.json").write_text(profile, encoding="utf-8")
    result = run("rank", "--for", "reader.json", lines=[])
    assert isinstance(result.exception, click.BadParameter)
    assert code(result) == Exit.USAGE
    assert result.exception.param_hint == "--for"


def test_rank_needs_a_profile_of_its_own() -> None:
    assert code(run("rank", lines=[])) == Exit.USAGE
    assert code(run("rank", "--for", "-", text="{}")) == Exit.USAGE


# --------------------------------------------------------------------------------------- the development half
def scorer(folder: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where a dataclass looks for its own module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def evaluation(shared: Path, needs: Callable[[str, bool, str], None]) -> Path:
    needs("evaluation", (shared / "eval" / "items.dev.jsonl").is_file(), "no evaluation data in ../shared")
    return shared / "eval"


def unlabelled(path: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{k: v for k, v in line.items() if k not in ("topics", "kind", "in_scope")} for line in lines]


def test_tags_beat_the_plain_keyword_tagger(evaluation: Path) -> None:
    gold = scorer(evaluation, "score_tags").load(evaluation / "items.dev.jsonl")
    found = printed(run("tag", lines=unlabelled(evaluation / "items.dev.jsonl")))
    figures, _ = scorer(evaluation, "score_tags").score(gold, {line["id"]: line for line in found})
    assert figures["micro_f1"] >= 0.73
    assert figures["macro_f1"] >= 0.70
    assert figures["noise_flagged"] <= 0.13


def test_what_was_learned_holds_on_sources_that_were_not_seen(evaluation: Path) -> None:
    """Learned from nine tenths of the sources, judged on the rest: no source has taught what it is judged by."""
    script = scorer(Path(__file__).parent.parent / "benchmarks", "learn_topics")
    items = script.labelled(evaluation / "items.dev.jsonl")
    given = script.choose(items, script.unseen(items, 0), script.shipped_choice())
    figures = script.figures(items, given)
    assert figures["micro"] >= 0.70
    assert figures["macro"] >= 0.64
    assert figures["noise"] <= 0.15


def test_duplicates_are_found_with_care(evaluation: Path) -> None:
    score = scorer(evaluation, "score_duplicates")
    items = score.rd(evaluation / "duplicates.items.dev.jsonl")
    groups: dict[str, list[str]] = {}
    for line in printed(run("dedupe", lines=items)):
        groups.setdefault(line["group"], []).append(line["id"])
    clusters = [{"ids": ids} for ids in groups.values()]
    gold = score.rd(evaluation / "duplicates.dev.jsonl")
    figures, _, _ = score.score(gold, [line["id"] for line in items], clusters)
    assert figures["pair_precision"] >= 0.98
    assert figures["pair_recall"] >= 0.97
    assert figures["hard_negatives_merged"] <= 0.03


def test_ranking_beats_topics_alone(evaluation: Path) -> None:
    score = scorer(evaluation, "score_ranking")
    items = unlabelled(evaluation / "items.dev.jsonl")
    figures = []
    for line in (evaluation / "ranking.dev.jsonl").read_text(encoding="utf-8").splitlines():
        gold = json.loads(line)
        ranking = [found["id"] for found in printed(run("rank", "--for", reader(**gold["profile"]), lines=items))]
        figures.append(score.one(gold["judgements"], ranking, 10)["ndcg@10"])
    assert sum(figures) / len(figures) >= 0.70


def test_tag_follows_the_rules_of_topics_which_may_ask_for_the_kind(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(
        "topics:\n  calls: {label: Calls, rule: 'kind:call mentor*'}\n", encoding="utf-8"
    )
    items = [
        {"id": "1", "title": "Call for papers: mentoring", "text": ""},
        {"id": "2", "title": "Mentoring", "text": ""},
    ]
    assert [(one["topics"], one["why"]) for one in printed(run("tag", lines=items))] == [
        (["calls"], {"calls": "kind is call, “mentoring” in the title (by its rule)"}), ([], {}),
    ]  # fmt: skip
