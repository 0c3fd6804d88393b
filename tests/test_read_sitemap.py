"""Sitemaps: lists of addresses, indexes, news, broken and packed ones."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source
from aggregator.read.sitemap import facts, read

HERE = "https://site.example.org/sitemap.xml"
NAMES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)
PLAIN = (
    f'<?xml version="1.0" encoding="UTF-8"?><urlset {NAMES}>'
    "<url><image:image><image:loc>https://cdn.example.org/p.png</image:loc><image:title>P</image:title></image:image>"
    "<loc>https://site.example.org/news/old-story.html</loc><lastmod>2025-01-02</lastmod></url>"
    "<url><loc> https://site.example.org/about?a=1&amp;b=2 </loc></url>"
    "<url><loc>https://site.example.org/news/new</loc><lastmod>2026-11-02T10:00:00+01:00</lastmod><news:news>"
    "<news:publication><news:name>N</news:name><news:language>it</news:language></news:publication>"
    "<news:publication_date>2026-11-01</news:publication_date><news:title>New &amp; good</news:title></news:news></url>"
    "<url><lastmod>2026-01-01</lastmod></url></urlset>"
)


def of(body: bytes | str, options: Mapping[str, Any] | None = None, url: str = HERE) -> Reading:
    content = body.encode() if isinstance(body, str) else body
    return read(Document(content, url), Source("s", HERE, "sitemap", options=options or {}))


def test_the_newest_come_first() -> None:
    new, old, undated = of(PLAIN).entries
    assert (new.title, new.published_at) == ("New & good", datetime(2026, 11, 1, tzinfo=UTC))
    assert new.updated_at == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert (old.title, old.url) == ("Old story", "https://site.example.org/news/old-story.html")
    assert old.published_at is None
    assert undated.url == "https://site.example.org/about?a=1&b=2"


def test_addresses_can_be_chosen_and_their_pages_asked_for() -> None:
    reading = of(PLAIN, {"match": "/news/", "details": {"text": "main"}})
    assert [entry.url.rpartition("/")[2] for entry in reading.entries] == ["new", "old-story.html"]
    assert [one.role for one in reading.more] == [f"detail:{entry.url}" for entry in reading.entries]
    page = Document(b"<main>Text</main>", reading.more[0].url, None, reading.more[0].role)
    (entry,) = read(page, Source("s", HERE, "sitemap", options={"details": {"text": "main"}})).entries
    assert (entry.guid, entry.text) == (reading.entries[0].guid, "Text")


def test_an_index_names_its_sitemaps_newest_first() -> None:
    body = f"<sitemapindex {NAMES}>" + "".join(
        f"<sitemap><loc>{loc}</loc><lastmod>{day}</lastmod></sitemap>"
        for loc, day in (
            ("https://site.example.org/a.xml", "2025-01-01"),
            ("https://site.example.org/b.xml.gz", "2026-01-01"),
            ("https://elsewhere.example.org/c.xml", "2026-11-01"),
            (HERE, "2026-11-01"),
        )
    ) + "</sitemapindex>"  # fmt: skip
    reading = of(body)
    assert reading.entries == ()
    assert [one.url.rpartition("/")[2] for one in reading.more] == ["b.xml.gz", "a.xml"]
    assert len(of(body, {"pages": 2}).more) == 1
    assert facts(Document(body.encode())) == {"urls": 4, "first_loc": "https://site.example.org/a.xml"}


def test_packed_broken_and_plain_text_ones() -> None:
    assert facts(Document(gzip.compress(PLAIN.encode()))) == facts(Document(PLAIN.encode()))
    broken = PLAIN.replace("&amp;", "&").replace(
        "</urlset>", "<url><loc><![CDATA[https://site.example.org/x]]></loc>"
    )
    assert facts(Document(broken.encode())) == {
        "urls": 4,
        "first_loc": "https://site.example.org/news/old-story.html",
    }
    lines = "https://site.example.org/1\r\nhttps://site.example.org/2\n"
    assert [entry.url[-1] for entry in of(lines).entries] == ["1", "2"]
    assert facts(Document(f"<urlset {NAMES}></urlset>".encode())) == {"urls": 0, "first_loc": None}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"<html><body>Just a moment</body></html>", "not-a-sitemap"),
        (b"<rss><channel/></rss>", "not-a-sitemap"),
        (b"\x1f\x8bbroken", "not-a-sitemap"),
        (b'<!DOCTYPE urlset [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>', "entity-bomb"),
        (gzip.compress(b" " * 50_000_001, 1), "too-large"),
    ],
)
def test_what_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        of(body)
    assert caught.value.code == code


def test_deep_and_long_ones_do_no_harm() -> None:
    of("<urlset>" + "<url>" * 20_000)
    of("<urlset>" + "<url><loc>" * 20_000)
    of("<urlset>" + "<url><loc>x</loc>" + "<loc>" * 50_000)


@given(st.text(alphabet="<>/urlsetoc:&;\"' ![]", max_size=150))
def test_no_text_does_harm(text: str) -> None:
    reading = of(f"<urlset {NAMES}>{text}")
    assert all(entry.url == entry.guid for entry in reading.entries)
