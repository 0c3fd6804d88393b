"""Edits of feeds.yaml: the new lines are right, and every other byte is as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import add_sources, load, new_id, parse, shipped
from aggregator.config.edit import with_sources
from aggregator.errors import ConfigError

MESSY = """\
# Our sources, kept by Ann.
topics:   # ours
    cpd: { label: "CPD",  words: {en: [ training ,course ]} }

sources:
    # the first
    a:   'https://example.org/a'   # keep

    b:
        url:    "https://example.org/b"
        title: >-
            A long
            title

        # a remark within b
        about: [ cpd ]

# about editions
editions:
    digest: {title: Ours}
"""
NEW = {"c": "https://example.org/c", "d": {"url": "https://example.org/d", "title": "D: news", "about": ["cpd"]}}


def added(before: str, after: str) -> list[str]:
    """The lines put in at one place; fails when any other line differs."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    count = len(new) - len(old)
    for at in range(len(old) + 1):
        if new[:at] + new[at + count :] == old:
            return new[at : at + count]
    raise AssertionError("a line that is not new has changed")


def test_comments_order_quotes_and_layout_survive() -> None:
    after = with_sources(MESSY, NEW)
    assert added(MESSY, after) == [
        "    c: https://example.org/c\n",
        "    d:\n",
        "      url: https://example.org/d\n",
        "      title: 'D: news'\n",
        "      about: [cpd]\n",
    ]
    assert after.index("    d:\n") < after.index("# about editions")
    catalogue, problems = parse(after, "f", {})
    assert problems == []
    assert list(catalogue.sources) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "topics:\n  cpd: {words: {en: [x]}}",
        "sources:\n",
        "sources: {}\n",
        "sources: {}  # none yet\neditions:\n  digest: {title: A}\n",
        "sources:   # none yet\n\neditions:\n  digest: {title: A}\n",
        "sources:\n  a: https://example.org/a",
        "sources:\n- \n".replace("- \n", ""),
        "sources:\n a:\n  url: https://example.org/a\n  title: |\n   # not a comment\n\n   two\n\n# end\n",
        "sources:\r\n  a: https://example.org/a\r\neditions:\r\n  digest: {title: A}\r\n",
        "\ufeffsources:\n  a: https://example.org/a\n",
        'sources:\n  a: {url: "https://example.org/a",\n      title: A}\n# end\n',
        "sources:\n  a:\n    url: https://example.org/a\n    options:\n      list:\n      - 1\n      - 2\n",
    ],
)
def test_layouts(text: str) -> None:
    before = parse(text.removeprefix("\ufeff"), "f", {})[0]
    after = with_sources(text, {"new": {"url": "https://example.org/new"}})
    catalogue, problems = parse(after.removeprefix("\ufeff"), "f", {})
    assert [p for p in problems if p.level == "error"] == []
    assert catalogue.sources == {**before.sources, "new": catalogue.sources["new"]}
    assert catalogue.editions == before.editions
    if "{}" not in text:
        # A last line without its line end gets one; nothing else changes.
        ended = text if not text or text.endswith("\n") else text + "\n"
        added(ended, after)
    if "\r\n" in text:
        assert after.count("\n") == after.count("\r\n")


def test_the_shipped_file_takes_new_sources() -> None:
    text = shipped("feeds.yaml").read_text(encoding="utf-8")
    after = with_sources(text, NEW)
    assert len(added(text, after)) == 5
    assert parse(after, "f", {})[1] == []


def test_the_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(MESSY, encoding="utf-8")
    path.chmod(0o640)
    add_sources(path, NEW, {})
    assert list(load(path, {})[0].sources) == ["a", "b", "c", "d"]
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["feeds.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "feeds.yaml"
    real.write_text("sources:\n  a: https://example.org/a\n", encoding="utf-8")
    link.symlink_to(real)
    add_sources(link, {"b": "https://example.org/b"}, {})
    assert link.is_symlink()
    assert "b: https" in real.read_text(encoding="utf-8")


def test_a_missing_file_is_begun(tmp_path: Path) -> None:
    add_sources(tmp_path / "feeds.yaml", {"a": "https://example.org/a"}, {})
    assert (tmp_path / "feeds.yaml").read_text(encoding="utf-8") == "sources:\n  a: https://example.org/a\n"


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ({"a": "https://example.org/new"}, "written twice"),
        ({"c": "https://EXAMPLE.org/a/"}, "same address"),
        ({"c": {"url": "https://example.org/c", "about": ["nothing"]}}, "unknown topic"),
        ({"c": "example.org"}, "no http://"),
        ({"C D": "https://example.org/c"}, "lower-case"),
    ],
)
def test_what_would_not_load_is_refused(tmp_path: Path, entries: dict[str, object], what: str) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(MESSY, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        add_sources(path, entries, {})  # type: ignore[arg-type]
    assert any(what in problem.what for problem in error.value.problems)
    assert path.read_text(encoding="utf-8") == MESSY


def test_old_mistakes_do_not_stand_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("sources:\n  a: example.org\n", encoding="utf-8")
    add_sources(path, {"b": "https://example.org/b"}, {})
    assert list(load(path, {})[0].sources) == ["b"]


@pytest.mark.parametrize(
    "text", ["sources:\n\ta: x\n", "- a\n", "sources: {a: 'https://example.org/a'}\n", "sources: [a]\n", "\x00"]
)
def test_a_file_without_a_place_for_sources_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        add_sources(path, {"b": "https://example.org/b"}, {})
    assert all(problem.what and problem.remedy for problem in error.value.problems)
    assert path.read_text(encoding="utf-8") == text


def test_a_folder_that_is_gone_is_the_curators_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be written"):
        add_sources(tmp_path / "none" / "feeds.yaml", {"a": "https://example.org/a"}, {})


def test_ids_are_free_and_sound() -> None:
    assert new_id("Our Blog!", "https://example.org/", ()) == "our-blog"
    assert new_id("Our Blog!", "https://example.org/", {"our-blog", "our-blog-2"}) == "our-blog-3"
    assert new_id("", "https://www.example.org/news/feed?x=1", ()) == "example-org-news-feed"
    assert new_id("日本語", "", ()) == "source"


@given(
    st.dictionaries(st.from_regex(r"[a-z]{3,8}", fullmatch=True), st.text(max_size=30), min_size=1, max_size=5),
    st.sampled_from([MESSY, "", "sources:\n", "sources:\n  zz: https://example.org/zz\n"]),
)
def test_whatever_the_title_it_comes_back(titles: dict[str, str], text: str) -> None:
    printable = {name: "".join(c for c in title if c.isprintable()).strip() for name, title in titles.items()}
    entries = {name: {"url": f"https://example.org/{name}", "title": title} for name, title in printable.items()}
    catalogue, problems = parse(with_sources(text, entries), "f", {})
    assert problems == []
    assert {name: catalogue.sources[name].title for name in entries} == printable
