"""OPML: what real files get wrong is forgiven, what can't be used is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.opml import Outline, about, filed, names, options_of, parse, write
from aggregator.model import Source, Topic

TOPICS = {
    "mentoring": Topic("mentoring", "Mentoring"),
    "open-access": Topic("open-access", "Open access & repositories"),
}


def feeds(body: str) -> list[Outline]:
    found, problems = parse(f"<opml version='2.0'><body>{body}</body></opml>".encode(), "f.opml")
    assert problems == []
    return found


def wrong(body: str) -> tuple[list[str], list[str]]:
    """(addresses, problems) of a file."""
    found, problems = parse(f"<opml>\n<body>\n{body}\n</body>\n</opml>".encode(), "f.opml")
    return [outline.url for outline in found], [str(problem) for problem in problems]


# -------------------------------------------------------------------------------------------------------- reading
def test_nested_folders_and_categories() -> None:
    found = feeds(
        "<outline text='Work'><outline title='Mentoring' text='x'>"
        "<outline type='rss' text='A &amp; B' xmlUrl='https://a.example/feed?x=1&amp;y=2' category='/l/open-access,z'/>"
        "</outline></outline><outline text='C' XMLURL='http://c.example/'/>"
    )
    assert found == [
        Outline("https://a.example/feed?x=1&y=2", "A & B", ("Work", "Mentoring", "l", "open-access", "z"), 1),
        Outline("http://c.example/", "C", (), 1),
    ]
    assert about(found[0], TOPICS.values()) == ("mentoring", "open-access")


def test_folders_are_topics_by_id_or_label_whatever_their_case() -> None:
    folders = ("open access & REPOSITORIES", "Open_Access", "mentor", " Mentoring ")
    assert about(Outline("https://a.example/", folders=folders), TOPICS.values()) == ("open-access", "mentoring")


def test_one_feed_in_two_folders_is_one_feed() -> None:
    [found] = feeds(
        "<outline text='One'><outline xmlUrl='https://a.example/feed'/></outline>"
        "<outline text='Two'><outline text='T' xmlUrl='HTTPS://A.example:443/feed/'/></outline>"
    )
    assert found == Outline("https://a.example/feed", "T", ("One", "Two"), 1)
    assert found.times == 2


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Tom & Jerry", "Tom & Jerry"),
        ("caf&eacute;&nbsp;news", "café news"),
        ("a &bogus; b", "a &bogus; b"),
        ("a \x0b b", "a b"),
        ("&#233;&#xE9;", "éé"),
        ("&#0; &lt;b&gt;", "&#0; <b>"),
    ],
)
def test_what_xml_forbids_is_put_right(written: str, title: str) -> None:
    [found] = feeds(f"<outline text='{written}' xmlUrl='https://a.example/?a=1&b=2'/>")
    assert found.url == "https://a.example/?a=1&b=2"
    assert found.title.replace("\ufffd", "&#0;") == title


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "cp1252"])
def test_encodings(encoding: str) -> None:
    declared = (
        "" if encoding in ("utf-8-sig", "utf-16", "cp1252") else f"<?xml version='1.0' encoding='{encoding}'?>"
    )
    text = f"{declared}\n<opml><body>\n<outline text='Žïé' xmlUrl='https://a.example/'/></body></opml>"
    text = text.replace("Ž", "" if encoding == "iso-8859-1" else "Ž")
    [found], problems = parse(text.encode(encoding), "f.opml")
    assert problems == []
    assert found.title.endswith("ïé")
    assert found.line == 3


def test_feed_addresses_stand_for_web_addresses() -> None:
    found = feeds("<outline xmlUrl='feed://a.example/x'/><outline xmlUrl='feed:https://b.example/'/>")
    assert [outline.url for outline in found] == ["http://a.example/x", "https://b.example/"]


def test_folders_that_a_program_fills_by_itself_are_no_feeds() -> None:
    assert feeds("<outline type='vfolder' xmlUrl='vfolder' text='Unread'/><outline type='rss' text='Folder'/>"
                 "<outline type='link' url='https://example.org/page'/><outline xmlUrl='https://a.example/'/>") == [
        Outline("https://a.example/", "", (), 1)
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------- mistakes
@pytest.mark.parametrize(
    ("outline", "what"),
    [
        ("<outline text='A' xmlUrl='a.example/feed'/>", "f.opml:4: 'A': the address has no http://"),
        ("<outline text='A' xmlUrl='ftp://a.example/'/>", "f.opml:4: 'A': 'ftp:' addresses"),
        ("<outline text='A' xmlUrl='https://u:secret@a.example/'/>", "f.opml:4: 'A': a password is written"),
        ("<outline text='A' xmlUrl='https://a.example/${KEY}'/>", "f.opml:4: 'A': '${'"),
        ("<outline text='A' type='rss' htmlUrl='https://a.example/'/>", "f.opml:4: 'A' has no xmlUrl"),
        ("<outline text='a <b>c</b>' xmlUrl='https://a.example/'/>", "f.opml:4: the XML is broken here"),
        ("<outline text='a' text='b' xmlUrl='https://a.example/'/>", "f.opml:4: the XML is broken here"),
        ('<outline text="say "hi"" xmlUrl="https://a.example/"/>', "f.opml:4: the XML is broken here"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(outline: str, what: str) -> None:
    urls, problems = wrong(
        f"<outline xmlUrl='https://one.example/'/>\n{outline}\n<outline xmlUrl='https://two.example/'/>"
    )
    assert urls == ["https://one.example/", "https://two.example/"]
    assert len(problems) == 1
    assert problems[0].startswith(what)
    assert "→" in problems[0]
    assert "secret" not in problems[0].replace("a secret", "")


def test_what_came_before_a_break_counts() -> None:
    found, problems = parse(b"<opml><body>\n<outline xmlUrl='https://a.example/'/>\n</opml>", "f.opml")
    assert [outline.url for outline in found] == ["https://a.example/"]
    assert [problem.line for problem in problems] == [3]


@pytest.mark.parametrize("content", [b"", b"<opml/>", b"hello", b"<html><body>hi</body></html>"])
def test_files_without_feeds_are_said_to_be_so(content: bytes) -> None:
    found, problems = parse(content, "f.opml")
    assert found == []
    assert len(problems) == 1


def test_document_types_are_refused_before_any_entity_can_grow() -> None:
    bomb = (
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><opml><body><outline text='&b;'/></body></opml>"
    )
    found, [problem] = parse(bomb, "f.opml")
    assert found == []
    assert "document type" in problem.what


def test_depth_is_bounded() -> None:
    found, [problem] = parse(b"<opml>" + b"<outline text='x'>" * 5000, "f.opml")
    assert found == []
    assert "deep" in problem.what


# -------------------------------------------------------------------------------------------------------- writing
def test_sources_are_written_below_their_first_topic() -> None:
    sources = [
        Source("a", "https://a.example/?x=1&y=2", title="A", about=("open-access", "mentoring")),
        Source("b", "https://b.example/", topics=("mentoring",), language="it"),
        Source("c", "https://c.example/", about=("gone",)),
    ]
    text = write(sources, TOPICS, {"b": "Bee <3"})
    found, problems = parse(text.encode(), "f.opml")
    assert problems == []
    assert [(o.title, o.folders, about(o, TOPICS.values())) for o in found] == [
        ("Bee <3", ("Mentoring",), ("mentoring",)),
        ("A", ("Open access & repositories", "mentoring"), ("open-access", "mentoring")),
        ("c", (), ()),
    ]
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0" xmlns:aggregator=')
    assert 'language="it"' in text


def test_sources_that_are_no_feeds_come_back_as_they_were() -> None:
    sources = [
        Source("c", "https://c.example/e.ics", "calendar", "C", about=("mentoring",), options={"zone": "Europe/Rome"}),
        Source("p", "https://p.example/n", "page", "P", language="it", options={"item": "ul.n > li", "title": 'a[x="y"]'}),
    ]  # fmt: skip
    text = write(sources, TOPICS, {})
    assert "xmlUrl" not in text  # no other program may take them for feeds
    assert text.count('type="link"') == 2
    found, problems = parse(text.encode(), "f.opml")
    assert problems == []
    assert [(o.url, o.kind, options_of(o), o.language) for o in found] == [
        (s.url, s.kind, s.options, s.language or "") for s in sources
    ]


@pytest.mark.parametrize(
    ("extra", "what"),
    [
        ("aggregator:kind='podcast'", "the kind 'podcast' is not known"),
        ("aggregator:kind='page' aggregator:options='[1'", "its options are no JSON object"),
        ("aggregator:kind='courses' aggregator:options='{&quot;token&quot;: &quot;${SECRET}&quot;}'", "'${' in an address"),
    ],
)  # fmt: skip
def test_what_a_list_says_of_kinds_is_checked(extra: str, what: str) -> None:
    urls, [problem] = wrong(f"<outline text='A' url='https://a.example/' {extra}/>")
    assert urls == []
    assert what in problem


def test_folders_name_topics_in_any_language_unless_two_topics_share_the_word() -> None:
    topics = [
        Topic("cataloguing", "Cataloguing", words={"it": ("catalogazione", "dati"), "hr": ("katalogizacija",)}),
        Topic("data", "Research data", words={"it": ("dati",), "fr": ("données de la recherche",)}),
    ]
    outline = Outline("https://a.example/", folders=("Catalogazione", "Dati", "DONNEES de la recherche", "Amici"))
    assert filed(outline, names(topics)) == (("cataloguing", "data"), ("Dati", "Amici"))


titles = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.lists(st.tuples(titles, st.sampled_from([(), ("mentoring",), ("open-access",)])), max_size=6))
def test_what_is_written_is_read(given_: list[tuple[str, tuple[str, ...]]]) -> None:
    sources = [Source(f"s{n}", f"https://s{n}.example/", title=t, about=a) for n, (t, a) in enumerate(given_)]
    found, problems = parse(write(sources, TOPICS, {}).encode(), "f.opml")
    assert [problem for problem in problems if sources] == []
    assert {o.url: about(o, TOPICS.values()) for o in found} == {s.url: s.about for s in sources}


@given(st.binary(max_size=200) | st.text().map(lambda text: f"<opml><body>{text}</body></opml>".encode()))
def test_any_file_is_survived(content: bytes) -> None:
    found, problems = parse(content, "f.opml")
    assert found or problems


def test_real_files(shared: Path) -> None:
    for path in sorted((shared / "corpus" / "opml").iterdir()):
        found, problems = parse(path.read_bytes(), path.name)
        assert found, path.name
        assert len(problems) <= len(found) / 4, path.name
