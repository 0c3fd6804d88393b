"""Feeds of every dialect: what their publishers said, and what is no feed at all."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Occasion, Reading, Source
from aggregator.read import KINDS, read
from aggregator.read.entries import MOST

SAMPLES = Path(__file__).parent / "data" / "feeds"
FEED = Source("sample", "https://fetched.example.org/feed")


def rss(items: str, channel: str = "", version: str = "2.0") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="{version}" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>T</title>{channel}{items}</channel></rss>"
    ).encode()


def of(body: bytes, url: str = "", content_type: str | None = None) -> Reading:
    return read(Document(body, url, content_type), FEED)


def refusal(body: bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        of(body)
    return caught.value


# --------------------------------------------------------------------------------------------- whole samples
@pytest.mark.parametrize(
    "sample", sorted(p.name for p in SAMPLES.iterdir() if not p.name.endswith(".golden.json"))
)
def test_samples_are_read_as_reviewed(sample: str) -> None:
    """Each `*.golden.json` was read by a person against its feed; keys without a value are left out of it."""
    golden = json.loads((SAMPLES / f"{sample}.golden.json").read_text("utf-8"))
    assert said((SAMPLES / sample).read_bytes()) == golden


def said(body: bytes) -> dict[str, object]:
    try:
        reading = of(body, FEED.url)
    except SourceError as error:
        return {"error": str(error)}
    entries = [{k: v for k, v in to_json(entry).items() if v not in (None, "", [])} for entry in reading.entries]
    ttl = reading.ttl.total_seconds() if reading.ttl else None
    return {
        "title": reading.title,
        "language": reading.language,
        "home": reading.home,
        "ttl": ttl,
        "entries": entries,
    }


@pytest.mark.parametrize("kind", ["feed", "notfeed"])
def test_real_documents(shared: Path, kind: str) -> None:
    """At least 98.5 % of the judged feeds right in every field; everything that is no feed refused."""
    rows = [json.loads(line) for line in (shared / "corpus" / "index.jsonl").read_text("utf-8").splitlines()]
    wrong = []
    documents = [row for row in rows if row["kind"] == kind]
    for row in documents:
        try:
            found = of((shared / "corpus" / row["path"]).read_bytes())
        except SourceError:
            wrong += [row["path"]] if kind == "feed" else []
            continue
        first = to_json(found.entries[0]) if found.entries else {}
        said = {
            "entries": len(found.entries),
            "first_link": first.get("url"),
            "first_date": first.get("published_at"),
        }
        expected = {name: row["expected"].get(name) for name in said}
        if any(value is not None and value != said[name] for name, value in expected.items()):
            wrong.append(row["path"])
    assert len(wrong) <= 0.015 * len(documents), wrong


# ---------------------------------------------------------------------------------------------------- fields
@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("<pubDate>Tue, 03 Mar 2026 10:00:00 +0100</pubDate>", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ("<pubDate>Tue, 03 Mar 2026 10:00:00</pubDate>", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        ("<dc:date>2026-03-03T10:00:00Z</dc:date>", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        (
            "<pubDate>03 mar 2030 10:00</pubDate><dc:date>2026-01-01</dc:date>",
            datetime(2030, 3, 3, 10, tzinfo=UTC),
        ),
        ("<pubDate>mar, 3 marzo 2026 10:00:00 +0100</pubDate>", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ("<pubDate>soon</pubDate>", None),
        ("", None),
    ],
)
def test_dates(date: str, expected: datetime | None) -> None:
    assert of(rss(f"<item><title>t</title>{date}</item>")).entries[0].published_at == expected


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<link>https://e.org/a?utm_source=x</link>", "https://e.org/a?utm_source=x"),
        ("<link>a</link>", "https://fetched.example.org/a"),
        ("<guid>https://e.org/g</guid>", "https://e.org/g"),
        ("<guid isPermaLink='false'>https://e.org/g</guid>", ""),
        ("<guid>17</guid>", ""),
        ("<enclosure url='https://e.org/a.mp3' type='audio/mpeg'/>", "https://e.org/a.mp3"),
        ("", ""),
    ],
)
def test_addresses(item: str, url: str) -> None:
    assert of(rss(f"<item><title>t</title>{item}</item>"), FEED.url).entries[0].url == url


def test_the_guid_is_kept_as_found_wherever_the_feed_lives() -> None:
    body = rss("<item><guid>17</guid><title>t</title></item>")
    assert of(body, "https://a.example/").entries[0].guid == of(body, "https://b.example/").entries[0].guid == "17"


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("<author>jane@example.org (Jane Roe)</author>", "Jane Roe"),
        ("<author>Jane Roe &lt;jane@example.org&gt;</author>", "Jane Roe"),
        ("<author>jane@example.org</author>", ""),
        ("<dc:creator>Jane Roe</dc:creator>", "Jane Roe"),
        ("<dc:creator>jane@example.org</dc:creator>", ""),
        ("<dc:creator>Roe, J. and Doe, K.</dc:creator>", "Roe, J. and Doe, K."),
    ],
)
def test_nobodys_address_is_kept(author: str, name: str) -> None:
    assert of(rss(f"<item><title>t</title>{author}</item>")).entries[0].author == name


@pytest.mark.parametrize(
    ("channel", "ttl"),
    [
        ("<ttl>60</ttl>", timedelta(hours=1)),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>often</ttl>", None),
        ("<ttl>nan</ttl>", None),
        ("<ttl>999999</ttl>", timedelta(days=31)),
    ],
)
def test_ttl(channel: str, ttl: timedelta | None) -> None:
    assert of(rss("", channel)).ttl == ttl


def test_relative_links_start_where_the_document_says() -> None:
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://e.org/a/"><title>t</title><entry>'
        b'<link href="b"/><content type="html" xml:base="c/">&lt;a href="d"&gt;x&lt;/a&gt;</content></entry></feed>'
    )
    entry = of(body, FEED.url).entries[0]
    assert entry.url == "https://e.org/a/b"
    assert 'href="https://e.org/a/c/d"' in entry.html


def test_a_category_that_is_named_after_an_empty_one_is_its_name() -> None:
    empty = "<category domain='d'/><category>a</category><category domain='d'>a</category><category>b</category>"
    assert of(rss(f"<item><title>t</title>{empty}</item>")).entries[0].tags == ("a", "b")


MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'


@pytest.mark.parametrize("end", ["</rss>", ""])  # well-formed, and for feedparser
def test_what_is_said_of_a_picture_is_not_what_its_post_says(end: str) -> None:
    said = "<media:content url='u'><media:description type='plain'>A poster</media:description></media:content>"
    post = (
        f"<rss version='2.0' {MEDIA}><channel><item><description>Call closes</description>{said}</item></channel>"
    )
    film = f"<rss version='2.0' {MEDIA}><channel><item><title>t</title>{said}</item></channel>"
    assert of((post + end).encode()).entries[0].text == "Call closes"
    assert of((film + end).encode()).entries[0].text == "A poster"


def test_a_whole_podcast_is_read_in_order_and_known_by_its_ids_not_by_its_files() -> None:
    def feed(counter: str) -> bytes:
        return rss(
            "".join(
                f"<item><title>Ep. {n}</title><guid isPermaLink='false'>ep-{n}</guid>"
                f"<enclosure url='https://{counter}.example/r/cdn.example/{n}.mp3' type='audio/mpeg'/></item>"
                for n in range(600)
            )
        )

    first, second = of(feed("count")).entries, of(feed("other")).entries
    assert [entry.guid for entry in first] == [entry.guid for entry in second] == [f"ep-{n}" for n in range(600)]
    assert {entry.kind for entry in first} == {"podcast"}


def test_a_count_that_moves_updated_changes_nothing_else() -> None:
    def video(day: int) -> bytes:
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:yt="http://www.youtube.com/xml/schemas/2015">'
            "<title>T</title><entry><id>yt:video:1</id><yt:videoId>1</yt:videoId><title>t</title>"
            f"<published>2026-11-01T00:00:00Z</published><updated>2026-11-{day}T00:00:00Z</updated></entry></feed>"
        ).encode()

    before, after = of(video(10)).entries[0], of(video(20)).entries[0]
    assert before.published_at == after.published_at == datetime(2026, 11, 1, tzinfo=UTC)
    assert replace(after, updated_at=before.updated_at) == before


def test_text_that_only_says_that_it_is_plain() -> None:
    body = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>t</title><summary>%s</summary></entry></feed>'
    assert of(body % b"&lt;p&gt;One&lt;/p&gt;").entries[0].text == "One"
    assert of(body % b"1 &lt; 2\n\nand more").entries[0].text == "1 < 2\n\nand more"


def test_too_many_entries_leave_the_newest_in_order() -> None:
    first = "<item><title>old</title><pubDate>01 Jan 2001 00:00:00 GMT</pubDate></item>"
    many = "".join(
        f"<item><title>{n}</title><pubDate>02 Jan 2026 00:00:00 GMT</pubDate></item>" for n in range(MOST)
    )
    titles = [entry.title for entry in of(rss(first + many)).entries]
    assert titles == [str(n) for n in range(MOST)]


# ------------------------------------------------------------------------------------------------ what is not
@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (b"", "empty", ""),
        (b" \n\t\n", "empty", ""),
        (b"<!DOCTYPE html><html><body>x</body></html>", "not-a-feed", "an HTML page"),
        (
            b"<html><form><input name=p type='password'></form></html>",
            "not-a-feed",
            "a page that asks for a password",
        ),
        (b"<p>gone</p>", "not-a-feed", "a piece of HTML"),
        (b"Service unavailable", "not-a-feed", "plain text"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "not-a-feed", "a calendar"),
        (b"%PDF-1.7", "not-a-feed", "a PDF document"),
        (b'<?xml version="1.0"?><opml version="2.0"><body/></opml>', "not-a-feed", "a list of feeds (OPML)"),
        (b"<urlset><url><loc>https://e.org/</loc></url></urlset>", "not-a-feed", "a sitemap"),
        (b"<catalogue><book/></catalogue>", "not-a-feed", "<catalogue>"),
        (b'{"error": "no such user"}', "not-a-feed", "without a list of items"),
        (b'{"items": [', "unreadable", "looks like JSON"),
        (b"[" * 100_000, "unreadable", "looks like JSON"),
    ],
)
def test_what_is_no_feed_is_told_what_it_is(body: bytes, code: str, detail: str) -> None:
    error = refusal(body)
    assert error.code == code
    assert detail in error.detail


def test_a_document_type_of_html_does_not_make_a_feed_a_page() -> None:
    typed = b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><!-- <p> -->\n'
    assert of(typed + b"<rss><channel><title>T</title></channel></rss>").title == "T"
    assert refusal(typed + b"<html><body><rss>").detail == "an HTML page"


def test_a_feed_without_entries_is_a_feed() -> None:
    assert of(rss("")).title == "T"


def test_bombs_are_refused() -> None:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE rss [<!ENTITY l0 "lol">{lines}]><rss version="2.0"><channel><title>&l9;</title></channel></rss>'
    assert refusal(bomb.encode()).code == "entity-bomb"
    circle = b'<!DOCTYPE rss [<!ENTITY a "&b;"><!ENTITY b "&a;">]><rss><channel><title>&a;</title></channel></rss>'
    assert refusal(circle).code == "entity-bomb"
    deep = rss("<item><description>" + "<b>" * 50_000 + "</b>" * 50_000 + "</description></item>")
    assert refusal(deep).code == "too-deep"


@pytest.mark.parametrize(
    "sign", ["&#39999999999999999999;", "&#x1ffffffffff;", "&#3" + "9" * 5000 + ";", "&#99999999999 "]
)
@pytest.mark.parametrize("well_formed", [True, False])
def test_a_character_with_a_number_that_none_has_costs_itself_only(sign: str, well_formed: bool) -> None:
    rest = "" if well_formed else "<b>&nbsp;"
    reading = of(rss(f"<item><title>Sp{sign}ring</title>{rest}<link>https://a.example/1</link></item>"))
    assert [entry.title.replace(" ", "") for entry in reading.entries] == ["Spring"]


def test_no_file_is_opened_for_an_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    body = (
        f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]><rss version="2.0"><channel>'
        f"<item><title>a &x;</title></item></channel></rss>"
    )
    assert "secret" not in repr(of(body.encode()))


@given(st.binary(max_size=200) | st.text("<>rsfeditmlnk/ =\"'&;#1", max_size=120).map(str.encode))
@example(b"<rss><channel><item><link>http://[</link></item></channel></rss>")
@example(b"<rss><channel><item><title>&#xD800;&#0;&#99999999;</title></item></channel></rss>")
@example(b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><updated>99999-99-99</updated></entry></feed>")
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(SourceError):
        reading = of(body, FEED.url)
        json.dumps([to_json(entry) for entry in reading.entries], ensure_ascii=False).encode("utf-8")


def test_kinds() -> None:
    assert "feed" in KINDS
    with pytest.raises(SourceError, match="unknown-kind: 'fax'"):
        read(Document(b""), Source("x", "", "fax"))


def test_a_bare_expiry_day_lasts_until_its_end() -> None:
    item = (
        "<item><title>x</title><link>https://a.example/</link><expirationDate>2026-12-01</expirationDate></item>"
    )
    text = f'<rss version="2.0"><channel><title>a</title>{item}</channel></rss>'
    [entry] = read(Document(text.encode()), Source("a", "https://a.example/feed")).entries
    assert entry.occasion == Occasion(closes=date(2026, 12, 1))


@pytest.mark.parametrize("ending", ["", "</rss>"])  # not well-formed and well-formed: either way of reading
@pytest.mark.parametrize(
    "name",
    ["links", "tags", "content", "authors", "enclosures", "summary_detail", "title_detail", "published_parsed"],
)
def test_elements_that_are_named_like_a_parsers_own_structures_cost_nothing(name: str, ending: str) -> None:
    """A feed may have an element <links>: feedparser then has a text where its callers expect a list."""
    item = f"<item><title>One</title><link>https://e.org/1</link><{name}>Recording</{name}></item>"
    body = f"<rss version='2.0'><channel><title>T</title><{name}>x</{name}>{item}</channel>{ending}"
    [entry] = read(Document(body.encode()), Source("s", "https://e.org/feed")).entries
    assert (entry.title, entry.url) == ("One", "https://e.org/1")
