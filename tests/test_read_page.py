"""Pages: lists by selectors, by structured data and by WordPress, and what is no page at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Reading, Source
from aggregator.read.page import ask, facts, read

SAMPLES = Path(__file__).parent / "data" / "page"
HERE = "https://site.example.org/novosti/"
SELECTORS = {"item": "li.item", "title": "h3", "link": "h3 a", "date": "time, .date", "summary": ".lead"}
OPTIONS: dict[str, dict[str, Any]] = {"news.html": {**SELECTORS, "date_format": "", "pages": 3}}
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def of(body: bytes | str, options: Mapping[str, Any] | None = None, role: str = "", url: str = HERE) -> Reading:
    content = body.encode() if isinstance(body, str) else body
    return read(Document(content, url, None, role), Source("sample", HERE, "page", options=options or {}))


def refusal(body: bytes | str, options: Mapping[str, Any] | None = None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        of(body, options)
    return caught.value


@pytest.mark.parametrize("sample", ["news.html", "events.html", "posts.json"])
def test_samples_are_read_as_reviewed(sample: str) -> None:
    """Each `*.golden.json` was read by a person against its page; keys without a value are left out of it."""
    reading = of((SAMPLES / sample).read_bytes(), OPTIONS.get(sample))
    entries = [{k: v for k, v in to_json(one).items() if v not in (None, "", [])} for one in reading.entries]
    more = [one.url for one in reading.more]
    found = {"title": reading.title, "language": reading.language, "more": more, "entries": entries}
    assert found == json.loads((SAMPLES / f"{sample}.golden.json").read_text("utf-8"))


# ---------------------------------------------------------------------------------------------------- selectors
LIST = '<html><body><div class="a"><h2><a href="/1">One</a></h2><i>03/11/2026</i></div></body></html>'


def test_little_is_needed() -> None:
    entry = of(LIST, {"item": ".a"}).entries[0]
    assert (entry.title, entry.url, entry.guid) == (
        "One",
        "https://site.example.org/1",
        "https://site.example.org/1",
    )


def test_dates_that_can_be_read_in_two_ways_need_a_format() -> None:
    assert of(LIST, {"item": ".a", "date": "i"}).entries[0].published_at is None
    told = of(LIST, {"item": ".a", "date": "i", "date_format": "%d/%m/%Y"}).entries[0]
    assert told.published_at == datetime(2026, 11, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("Posted 3 novembre 2026, 18:30", "%d %B %Y, %H:%M", datetime(2026, 11, 3, 17, 30, tzinfo=UTC)),
        ("11/3/26", "%m/%d/%y", date(2026, 11, 3)),
        ("31/02/2026", "%d/%m/%Y", None),
        ("soon", "%d/%m/%Y", None),
    ],
)
def test_date_formats(text: str, form: str, expected: object) -> None:
    options = {"item": "p", "title": "b", "starts": "i", "date_format": form, "zone": "Europe/Rome"}
    entry = of(f"<p><b>T</b> <i>{text}</i></p>", options).entries[0]
    assert (entry.occasion.starts if entry.occasion else None) == expected


def test_the_date_of_an_event_is_its_beginning() -> None:
    options = {"item": ".a", "date": "i", "date_format": "%d/%m/%Y", "item_kind": "event"}
    entry = of(LIST, options).entries[0]
    assert entry.published_at is None
    assert entry.occasion is not None
    assert entry.occasion.starts == date(2026, 11, 3)
    assert entry.kind == "event"


def test_attributes_and_the_row_itself() -> None:
    html = '<a class="x" href="/9" data-day="2026-11-03" title="Nine">9</a>'
    entry = of(html, {"item": "a.x", "title": "@title", "date": "@data-day"}).entries[0]
    assert (entry.title, entry.url) == ("Nine", "https://site.example.org/9")
    assert entry.published_at == datetime(2026, 11, 3, tzinfo=UTC)


def test_finding_nothing_is_not_no_news() -> None:
    assert refusal(LIST, {"item": ".b"}).code == "selector-empty"
    assert "options.title" in refusal(LIST, {"item": ".a", "title": "h5"}).detail
    assert "options.link" in refusal(LIST, {"item": ".a", "title": "h2", "link": "b a"}).detail
    assert of(LIST, {"item": ".b", "empty": "h2"}).entries == ()
    challenge = (
        "<html><title>Just a moment...</title><body>Enable JavaScript and cookies to continue</body></html>"
    )
    assert refusal(challenge, {"item": ".b"}).code == "not-a-page"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"item": "li[[["}, "options.item"),
        ({"item": ".a", "title": "h2:nonsense"}, "options.title"),
        ({"item": ".a", "date": "i", "date_format": "%d/%Q"}, "options.date_format"),
        ({"item": ".a", "date": "i", "date_format": "%d %d %m %Y"}, "options.date_format"),
        ({"item": ".a", "date": "i", "date_format": "%m %Y"}, "options.date_format"),
        ({"item": 3}, "options.item"),
        ({"item": ".a", "pages": "many"}, "options.pages"),
        ({"item": ".a", "details": "x"}, "options.details"),
        ({"item": ".a", "zone": "Mars/Base"}, "options.zone"),
        ({"item": ".a", "language": "klingon"}, "options.language"),
        ({"structured": "yes"}, "options.structured"),
        ({"item": "a" * 600}, "options.item"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], named: str) -> None:
    found = refusal(LIST, options)
    assert found.code == "bad-option"
    assert named in found.detail


def test_next_pages_stay_on_the_site_and_move_on() -> None:
    def following(link: str, **options: Any) -> list[str]:
        body = f'<p><b>T</b></p><a class="n" rel="next" href="{link}">next</a>'
        return [one.url for one in of(body, {"item": "p", "title": "b", **options}).more]

    assert following("?page=2") == []
    assert following("?page=2", pages=3) == [HERE + "?page=2"]
    assert following("?page=2", next=".n") == [HERE + "?page=2"]
    assert following("https://evil.example.com/x", pages=3) == []
    assert following("", pages=3) == following("javascript:x()", pages=3) == []


# ------------------------------------------------------------------------------------------------------ details
def test_details_are_asked_for_and_read() -> None:
    options = {"item": "a", "pages": 3, "details": {"text": "main", "date": "time", "title": "h1"}}
    body = "".join(f'<a href="{href}">N</a>' for href in ("/1", "/2", "/3", "https://other.example.org/4", HERE))
    wanted = of(body, options).more
    assert [(one.url, one.role) for one in wanted] == [
        (f"https://site.example.org/{n}", f"detail:https://site.example.org/{n}") for n in (1, 2)
    ]
    told = "<h1>Whole</h1><time>2026-11-03</time><main><p>Text</p><script>x()</script></main>"
    (entry,) = of(told, options, role=wanted[0].role).entries
    assert (entry.guid, entry.title, entry.text) == ("https://site.example.org/1", "Whole", "Text")
    assert entry.published_at == datetime(2026, 11, 3, tzinfo=UTC)


def test_a_detail_page_tells_its_event() -> None:
    block = json.dumps({"@type": "Event", "name": "E", "startDate": "2027-02-11"})
    html = f'<html lang="it"><script type="application/ld+json">{block}</script></html>'
    (entry,) = of(html, {"item": "a", "details": {}}, role="detail:g").entries
    assert entry.occasion is not None
    assert (entry.occasion.starts, entry.guid, entry.language) == (date(2027, 2, 11), "g", "it")


# --------------------------------------------------------------------------------------------- without selectors
def test_without_selectors_a_page_must_describe_something() -> None:
    found = refusal("<html><link rel=alternate type='application/rss+xml' href='/feed'><p>x</p></html>")
    assert found.code == "no-selectors"
    assert "https://site.example.org/feed" in found.detail
    assert "options.item" in refusal("<html><p>x</p></html>").detail
    assert of("<html><p>x</p></html>", {"structured": True}).entries == ()


def test_what_is_no_page_is_refused() -> None:
    assert refusal(b"").code == "empty"
    for body in (b"%PDF-1.7", b"plain words", b"<rss><channel/></rss>", b"BEGIN:VCALENDAR", b'{"a": 1}', b"[1]"):
        assert refusal(body).code == "not-a-page", body
    assert refusal(b"{broken").code == "unreadable"
    assert refusal(b"<p>" + b"<div>" * 20_000, {"item": "p"}).code == "too-deep"


# ----------------------------------------------------------------------------------------------------- WordPress
POSTS = "https://blog.example.org/wp-json/wp/v2/posts"


def test_wordpress_is_asked_for_the_newest() -> None:
    asked = ask(Source("s", POSTS + "?per_page=5", "page"), None, NOW).url
    assert "per_page=5" in asked
    assert "orderby=date" in asked
    assert ask(Source("s", HERE, "page"), None, NOW).url == HERE


def test_wordpress_pages_are_walked_when_full() -> None:
    posts = json.dumps([{"title": {"rendered": f"P{n}"}, "link": f"{HERE}{n}"} for n in range(2)])
    address = POSTS + "?per_page=2&page=3"
    assert [one.url for one in of(posts, {"pages": 5}, url=address).more] == [POSTS + "?per_page=2&page=4"]
    assert of(posts, {"pages": 5}, url=POSTS + "?per_page=3").more == ()
    assert of(posts, url=address).more == ()


def test_wordpress_says_no() -> None:
    assert of('{"code": "rest_post_invalid_page_number", "message": "x"}').entries == ()
    assert of("[]").entries == ()
    assert refusal('{"code": "rest_forbidden", "message": "Sorry"}').code == "refused"


# --------------------------------------------------------------------------------------------------------- facts
def test_facts_of_a_page() -> None:
    assert facts(Document((SAMPLES / "events.html").read_bytes(), HERE)) == {
        "jsonld_types": ["EducationEvent", "Event", "ItemList", "Place", "WebPage"],
        "events": 3,
        "courses": 0,
        "main": {
            "type": "EducationEvent",
            "name": "Copyright clinic – online",
            "start": "2027-02-11T14:30:00+01:00",
        },
        "linked_feeds": [],
    }
    told = facts(Document((SAMPLES / "news.html").read_bytes(), HERE))
    assert (told["main"], told["linked_feeds"]) == (None, ["/novosti/atom.xml"])


def test_facts_agree_with_the_corpus(shared: Path) -> None:
    rows = [json.loads(line) for line in (shared / "corpus" / "index.jsonl").read_text("utf-8").splitlines()]
    pages = [row for row in rows if row["kind"] == "page"]
    for row in pages:
        told = facts(Document((shared / "corpus" / row["path"]).read_bytes()))
        for name in ("jsonld_types", "events", "courses"):
            assert row["expected"][name] in (None, told[name]), row["path"]
    assert pages


# ----------------------------------------------------------------------------------------------------- any shape
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["title", "rendered", "link", "content", "_embedded", "wp:term", "date_gmt", "name", "code"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(_JSON)
def test_no_json_does_harm(shape: Any) -> None:
    try:
        reading = of(json.dumps(shape), {"pages": 3})
    except SourceError:
        return
    for entry in reading.entries:
        json.dumps(to_json(entry))


@given(st.text(alphabet="<>/=\"' abhdivlp!-&;[]", max_size=120), st.sampled_from(["p", "div a", "*"]))
def test_no_markup_does_harm(text: str, item: str) -> None:
    try:
        reading = of("<p>" + text, {"item": item, "summary": "*", "details": {}})
    except SourceError:
        return
    assert all(entry.title and entry.guid for entry in reading.entries)


@given(
    st.dictionaries(st.sampled_from([*SELECTORS, "details", "pages", "zone", "next", "empty"]), _JSON, max_size=5)
)
def test_no_options_do_harm(options: dict[str, Any]) -> None:
    codes = {"bad-option", "selector-empty", "no-selectors"}
    with suppress(SourceError):
        of(LIST, {"item": ".a", **options})
        codes = set()
    if codes:
        assert refusal(LIST, {"item": ".a", **options}).code in codes
