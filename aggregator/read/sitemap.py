"""Sitemaps (sitemaps.org 0.9): the pages of a site that has no feed, and when they changed.

    options: {match: "/news/", details: {title: h1, text: ".content", date: time}}

An index names further sitemaps: the newest are read first. News sitemaps carry titles and dates of publication.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from urllib.parse import unquote, urlsplit

from aggregator.errors import SourceError
from aggregator.language import base as language_base
from aggregator.model import Document, Entry, Reading, Source, Wanted
from aggregator.read import page
from aggregator.read.encoding import decoded, unpacked
from aggregator.read.isodates import when
from aggregator.read.paging import DETAIL
from aggregator.read.selecting import Options, as_moment
from aggregator.read.structured import each_once
from aggregator.text import clean, one_line, title
from aggregator.urls import absolute, is_web

MOST = 50_000  # addresses in one sitemap (sitemaps.org)
_NEWEST = 500  # entries that one reading brings
_UNPACKED = 50_000_000  # bytes (sitemaps.org)
_PAGES = 20
_ROLE = "sitemap"
_ROOT = re.compile(r"<(?:[\w.-]+:)?(urlset|sitemapindex)(?=[\s>/])", re.I)
_RECORD = re.compile(
    r"<(?:[\w.-]+:)?(?:url|sitemap)(?:\s[^<>]*)?>(.*?)(?=</(?:[\w.-]+:)?(?:url|sitemap)\s*>|\Z)", re.S | re.I
)
_FIELD = re.compile(
    r"<(?!image:|video:)(?:[\w.-]+:)?(loc|lastmod|publication_date|title|language)(?:\s[^<>]*)?>([^<]*)<", re.I
)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.S)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_PASSED = ("image", "video", "xhtml")  # other vocabularies whose fields are not the page's own


@dataclass(frozen=True, slots=True)
class Place:
    """One address of a sitemap and what is said of it."""

    loc: str
    lastmod: str = ""
    published: str = ""
    title: str = ""
    language: str = ""


def is_page(source: Source) -> bool:  # noqa: ARG001 (kinds are asked alike)
    """Whether robots.txt is to be asked: always, for the pages that it names are made for people."""
    return True


def read(document: Document, source: Source) -> Reading:
    """The pages that a sitemap lists, newest change first, at most 500; of an index, the sitemaps to read.

    With `options.match` only addresses that contain it; with `options.details` each page is asked for, as kind
    `page` reads it. Raises SourceError: `empty`, `not-a-sitemap`, `bad-option`, `too-large`, `entity-bomb`.
    """
    if document.role.startswith(DETAIL):
        return page.read(document, source)
    options = Options(source.options)
    is_index, places = _places(document)
    if is_index:
        return Reading(home=document.url, more=_sitemaps(places, document.url, options))
    wanted = options.text("match")
    chosen = [place for place in places if wanted in place.loc and is_web(place.loc)]
    newest = sorted(chosen, key=lambda place: _moment(place).timestamp(), reverse=True)[:_NEWEST]
    entries = each_once(_entry(place) for place in newest)
    listed = entries, document.url, options
    return Reading(
        home=document.url, entries=entries, more=page.details(*listed), unfinished=page.unfinished(*listed)
    )


def facts(document: Document) -> dict[str, Any]:
    """How many addresses (`urls`) a sitemap or an index has, and the first of them (`first_loc`)."""
    _, places = _places(document)
    return {"urls": len(places), "first_loc": places[0].loc if places else None}


def _entry(place: Place) -> Entry:
    changed = when(place.lastmod)[0]
    return Entry(
        guid=place.loc,
        url=place.loc,
        title=title(place.title) or _named(place.loc),
        published_at=as_moment(when(place.published)[0]),
        updated_at=as_moment(changed),
        language=language_base(place.language),
    )


def _named(address: str) -> str:
    """What the end of an address says in words, until the page itself has been read."""
    path = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2]
    words = re.sub(r"\.(?:html?|php|aspx?)$", "", path).replace("-", " ").replace("_", " ")
    return title(words[:1].upper() + words[1:]) or urlsplit(address).hostname or ""


def _moment(place: Place) -> datetime:
    """When a place changed, as far as it says; what says nothing counts as old."""
    found: datetime | date | None = when(place.lastmod)[0] or when(place.published)[0]
    return as_moment(found) or datetime(1, 1, 2, tzinfo=UTC)


def _sitemaps(places: Iterable[Place], here: str, options: Options) -> tuple[Wanted, ...]:
    """The sitemaps of an index on its own site, the last changed first."""
    most, site = options.number("pages", _PAGES) - 1, urlsplit(here)[:2]
    own = [
        place for place in places if is_web(place.loc) and urlsplit(place.loc)[:2] == site and place.loc != here
    ]
    own.sort(key=lambda place: _moment(place).timestamp(), reverse=True)
    return tuple(Wanted(place.loc, role=_ROLE) for place in own)[: max(0, most)]


# ---------------------------------------------------------------------------------------------------- the file
def _places(document: Document) -> tuple[bool, list[Place]]:
    """(whether it is an index, its places in document order)."""
    body = unpacked(document.body, _UNPACKED, "not-a-sitemap")
    text = decoded(body, document.content_type).lstrip("\ufeff \t\r\n\x00")
    if not text:
        raise SourceError("empty", "there is nothing in it")
    root = _ROOT.search(text[:20_000])
    if root is None:
        return False, _from_lines(text)
    if "<!ENTITY" in text:
        raise SourceError("entity-bomb", "a sitemap needs no entities of its own")
    records = list(_from_xml(text, root[1].lower()))
    return root[1].lower() == "sitemapindex", [_at(place, document.url) for place in records][:MOST]


def _from_lines(text: str) -> list[Place]:
    """A text file with an address on each line (sitemaps.org, "Text file")."""
    lines = text.split()
    if not lines or not all(is_web(line) for line in lines[:MOST]):
        raise SourceError("not-a-sitemap", "an XML file with <urlset> or <sitemapindex> is needed")
    return [Place(line) for line in lines[:MOST]]


def _from_xml(text: str, root: str) -> Iterator[Place]:
    """The places of sound XML; of broken XML, those that can be made out."""
    try:
        tree = ElementTree.fromstring(_DECLARATION.sub("", clean(text)))  # noqa: S314 (no entities, bounded)
    except (ElementTree.ParseError, ValueError, RecursionError):
        yield from _from_broken(text)
        return
    name = "sitemap" if root == "sitemapindex" else "url"
    for record in tree:
        if _local(record.tag) != name:
            continue
        said = {_local(one.tag): one_line(one.text or "") for one in _own(record) if one.text}
        if said.get("loc"):
            yield _place(said)


def _own(record: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """The fields of a record and of its news, not those of its pictures and videos."""
    for child in record:
        if _local(child.tag) == "news":
            yield from child
        elif not any(f"/{name}" in child.tag or f"{name}:" in child.tag for name in _PASSED):
            yield child


def _from_broken(text: str) -> Iterator[Place]:
    text = _CDATA.sub(lambda found: found[1].replace("<", " "), text)
    for record in _RECORD.finditer(text):
        said: dict[str, str] = {}
        for name, value in _FIELD.findall(record[1][:20_000]):
            said.setdefault(name.lower(), one_line(unescape(value)))
        if said.get("loc"):
            yield _place(said)


def _place(said: dict[str, str]) -> Place:
    published = said.get("publication_date", "")
    return Place(said["loc"], said.get("lastmod", ""), published, said.get("title", ""), said.get("language", ""))


def _at(place: Place, base: str) -> Place:
    if is_web(place.loc):
        return place
    return Place(absolute(base, place.loc), place.lastmod, place.published, place.title, place.language)


def _local(name: object) -> str:
    return name.rpartition("}")[2].lower() if isinstance(name, str) else ""
