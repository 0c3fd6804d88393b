"""Pages: a list without a feed, read by CSS selectors, or by what its structured data says.

    options: {item: "article.news", title: "h2 a", link: "h2 a", date: "time", summary: ".teaser"}

Without selectors the events and courses that the page describes as JSON-LD or microdata are read. A selector that
finds nothing is an error, for the page was rebuilt or hides behind a check: it is not "no news".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bs4 import Tag

from aggregator.errors import SourceError
from aggregator.language import base as language_base
from aggregator.model import Document, Entry, Occasion, Reading, Source, Wanted
from aggregator.read import access, answers, page_facts, structured, wordpress
from aggregator.read.choice import for_programs
from aggregator.read.page_facts import feeds_in
from aggregator.read.paging import DETAIL, query_of, with_query
from aggregator.read.selecting import Options, Selector, as_moment, attribute_of, dated, soup_of
from aggregator.read.terms import as_list
from aggregator.text import title
from aggregator.urls import is_web

_PAGES = 20
_WRITTEN = re.compile(r"(?:Article|Posting|Report|Thesis|Book|Chapter|LearningResource|CreativeWork)$")
_MARKUP = re.compile(
    r"<(?:!doctype\s+html|html|head|body|div|main|section|article|ul|ol|table|h[1-6]|p|a)\b", re.I
)
_FEED_ROOT = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF|urlset|sitemapindex|opml)\b", re.S
)
_DATED_KINDS = ("event", "course")
_COULD_BE_GIVEN = "give options.item, title, link and date as CSS selectors, or options.structured: true"


def ask(source: Source, since: datetime | None, now: datetime) -> Wanted:  # noqa: ARG001 (every kind is asked alike)
    """The page; of a WordPress interface the newest hundred posts, with the names of their categories."""
    if "/wp/v2/" not in source.url:
        return Wanted(source.url)
    named = {"per_page": "100", "orderby": "date", "order": "desc", "_embed": "wp:term"}
    given = query_of(source.url)
    return Wanted(with_query(source.url, {name: value for name, value in named.items() if name not in given}))


def is_page(source: Source) -> bool:
    """Whether robots.txt is to be asked: for pages, not for WordPress's interface."""
    return not for_programs(source.url)


def read(document: Document, source: Source) -> Reading:
    """The entries of a page, or of one detail page that it asked for.

    Raises SourceError: `empty`, `not-a-page`, `bad-option`, `selector-empty`, `no-selectors`, `too-large`,
    `too-deep`, `unreadable`, `refused`.
    """
    options = Options(source.options)
    text = markup_of(document)
    if text[0] in "{[":
        return wordpress.read(text, document, walk=options.number("pages", 1) > 1)
    if document.role.startswith(DETAIL):
        return Reading(entries=(detail(text, document, source),))
    if options.text("item"):
        return _selected(text, document, source)
    return _structured(text, document, source)


def markup_of(document: Document) -> str:
    """The HTML or JSON of a document. Raises SourceError `empty` or `not-a-page`, saying what it is instead."""
    if document.body.startswith((b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        raise SourceError("not-a-page", "a file of another kind, no HTML")
    text = answers.text_of(document)
    if _FEED_ROOT.match(text[:5_000]):
        raise SourceError("not-a-page", "a feed or list in XML; use kind feed")
    if text.startswith("BEGIN:VCALENDAR"):
        raise SourceError("not-a-page", "a calendar; use kind calendar")
    if text[0] not in "{[" and not _MARKUP.search(text):
        raise SourceError("not-a-page", "there is no HTML in it")
    return text


# -------------------------------------------------------------------------------------------------- selectors
def _selected(text: str, document: Document, source: Source) -> Reading:
    options, soup = Options(source.options), soup_of(text)
    selector = options.selector("item")
    rows = selector.all(soup) if selector else []
    if not rows:
        nothing = options.selector("empty")
        if nothing is None or nothing.first(soup) is None:
            raise _found_nothing("item", options, text)
    base = _base(soup, document.url)
    entries = structured.each_once(_entry(row, base, source) for row in rows)
    if rows and not entries:
        raise _found_nothing("title", options, text)
    if rows and options.text("link") and all(entry.url in ("", document.url) for entry in entries):
        raise _found_nothing("link", options, text)
    return Reading(
        title=title(soup.title.get_text(" ") if soup.title else ""),
        language=options.language() or _language(soup),
        home=document.url,
        entries=entries,
        more=(*_next(soup, base, document, options), *details(entries, document.url, options)),
        unfinished=unfinished(entries, document.url, options),
    )


def _found_nothing(name: str, options: Options, text: str) -> SourceError:
    if answers.seen_as(text) == "a page that checks for robots":
        return SourceError("not-a-page", "a page that checks for robots")
    written = options.text(name) or "a heading or link"
    remedy = "look at the page and write the selector anew; if the list may be empty, give options.empty"
    return SourceError(
        "selector-empty", f"options.{options.within}{name}: '{written}' found nothing on the page; {remedy}"
    )


def _entry(row: Tag, base: str, source: Source) -> Entry | None:
    """The entry in one row of the list, or None where it has no title."""
    options = Options(source.options)
    named = options.selector("title")
    heading = named.value(row) if named else _heading(row)
    if not (heading := title(heading)):
        return None
    address = _address(row, base, options)
    html, text = _body(row, options.selector("summary"), address or base)
    published, occasion = _dates(row, options, source)
    return Entry(
        guid=address or f"{base}#{heading}",
        url=address or base,
        title=heading,
        html=html,
        text=text,
        published_at=published,
        language=options.language(),
        kind=options.text("item_kind") or None,
        occasion=occasion,
    )


def _address(row: Tag, base: str, options: Options) -> str:
    named = options.selector("link")
    if named:
        return named.address(row, base)
    return Selector("", None).address(row, base)


def _heading(row: Tag) -> str:
    for found in (row.select_one("h1, h2, h3, h4, h5, h6"), row.select_one("a[href]")):
        if found is not None and (text := found.get_text(" ").strip()):
            return text
    return row.get_text(" ") if row.name == "a" else ""


def _body(row: Tag, selector: Selector | None, base: str) -> tuple[str, str]:
    found = selector.first(row) if selector else None
    if found is None:
        return "", ""
    if selector and selector.attribute:
        return answers.body(selector.value(row), base)
    return answers.body(found.decode_contents(), base)


def _dates(row: Tag, options: Options, source: Source) -> tuple[datetime | None, Occasion | None]:
    """(when it was published, the occasion): `date` is the beginning where the entries are events or courses."""
    form, zone = options.text("date_format"), options.zone()
    found: dict[str, Any] = {}
    for name in ("date", "starts", "ends", "closes"):
        if selector := options.selector(name):
            found[name] = dated(selector.moment(row), form, zone)
    day = found.pop("date", None)
    if source.options.get("item_kind") in _DATED_KINDS:
        found["starts"] = found.get("starts") or day
        day = None
    named = options.selector("place")
    place = title(named.value(row)) if named else ""
    if not (place or any(found.values())):
        return as_moment(day), None
    said = {name: f"options.{name}" for name, value in found.items() if value}
    return as_moment(day), Occasion(**found, place=place, zone=zone, said=said)


def _next(soup: Tag, base: str, document: Document, options: Options) -> tuple[Wanted, ...]:
    """The next page of the list: what options.next finds, or, where several pages are wanted, `rel=next`."""
    selector = options.selector("next")
    if selector is None and options.number("pages", 1) > 1:
        selector = Options({"next": "link[rel~=next], a[rel~=next]"}).selector("next")
    return answers.next_page(document, selector.address(soup, base)) if selector else ()


# ---------------------------------------------------------------------------------------------------- details
def details(entries: Iterable[Entry], here: str, options: Options) -> tuple[Wanted, ...]:
    """A document for each entry, where the curator asked for details: on the same site only, so many at most."""
    most = max(0, options.number("pages", _PAGES) - 1)  # the list itself is one of them
    return tuple(_details(entries, here, options))[:most]


def unfinished(entries: Iterable[Entry], here: str, options: Options) -> frozenset[str]:
    """The guids of the entries that have details, asked for in this visit or not."""
    return frozenset(one.role.removeprefix(DETAIL) for one in _details(entries, here, options))


def _details(entries: Iterable[Entry], here: str, options: Options) -> Iterator[Wanted]:
    if options.options("details") is not None:
        site = urlsplit(here)[:2]
        for entry in entries:
            if is_web(entry.url) and urlsplit(entry.url)[:2] == site and entry.url != here:
                yield Wanted(entry.url, role=DETAIL + entry.guid)


def detail(text: str, document: Document, source: Source) -> Entry:
    """What a page of its own says of one entry; fields that it does not say are empty.

    With `options.details` by its selectors; the occasion is that of the one event or course which the page
    describes, where it describes one. Raises SourceError `selector-empty` where the selectors find nothing at all.
    """
    outer = Options(source.options)
    options = outer.options("details") or Options({}, "details.")
    inner = Options({**_shared(source.options), **options.given}, "details.")
    soup = soup_of(text)
    base = _base(soup, document.url)
    html, plain = _body(soup, inner.selector("text"), base)
    published, occasion = _dates(soup, inner, source)
    named = inner.selector("title")
    found: Sequence[structured.Thing] = ()
    if occasion is None:
        found = structured.things(text, base)
        told = structured.events(found, base, outer.zone()) + structured.courses(found, base, outer.zone())
        occasion = told[0].occasion if len(told) == 1 else None
    name = title(named.value(soup)) if named else ""
    if options.given and not (name or plain or published or occasion):
        raise _found_nothing("text" if options.text("text") else "title", inner, text)
    return Entry(
        guid=document.role.removeprefix(DETAIL),
        title=name,
        html=html,
        text=plain,
        published_at=published,
        language=outer.language() or _language(soup),
        occasion=occasion,
        access=_access(found),
    )


def _access(found: Sequence[structured.Thing]) -> access.Access:
    """What the page's text says of itself; of a page with several, nobody knows which one is meant."""
    texts = [thing for thing in found if any(_WRITTEN.search(str(kind)) for kind in as_list(thing.get("@type")))]
    return access.of_thing(texts[0]) if len(texts) == 1 else ""


def _shared(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("date_format", "zone") if name in options}


# ------------------------------------------------------------------------------------------- structured data
def _structured(text: str, document: Document, source: Source) -> Reading:
    options, base = Options(source.options), document.url
    tree = structured.parsed(text)
    found = structured.things_in(tree, base)
    entries = structured.events(found, base, options.zone()) + structured.courses(found, base, options.zone())
    if not entries and not options.flag("structured"):
        raise _nothing_to_read(text, list(feeds_in(tree)), base)
    root = tree.css_first("html")
    heading = tree.css_first("title")
    return Reading(
        title=title(heading.text(deep=True) if heading else ""),
        language=options.language() or language_base(root.attributes.get("lang") if root else None),
        home=base,
        entries=structured.each_once(entries),
    )


def _nothing_to_read(text: str, feeds: list[str], base: str) -> SourceError:
    if answers.seen_as(text) == "a page that checks for robots":
        return SourceError("not-a-page", "a page that checks for robots")
    known = answers.address(base, feeds[0]) if feeds else ""
    hint = f"it names a feed, {known}: use that with kind feed" if known else _COULD_BE_GIVEN
    return SourceError("no-selectors", f"the page describes no events or courses for programs; {hint}")


def _base(soup: Tag, url: str) -> str:
    """Where relative links start: `<base href>`, else the address of the page."""
    base = soup.select_one("base[href]")
    return answers.address(url, attribute_of(base, "href")) or url if base else url


def _language(soup: Tag) -> str | None:
    root = soup.select_one("html[lang]")
    return language_base(attribute_of(root, "lang")) if root else None


def facts(document: Document) -> dict[str, Any]:
    """`page_facts.facts` of a document. Raises SourceError as `read` does for what is no page."""
    return page_facts.facts(markup_of(document))
