"""What a page, or the header of an answer, says of feeds and calendars: leads to be followed, best first.

`<link rel=alternate>` and RFC 8288 headers are what publishers mean; links in the text are for people. Feeds of
comments, of one category and of one post are told apart from the main one by address and title.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.text import fold, one_line
from aggregator.urls import absolute, host, is_web

# How promising a lead is before it is asked. What stands at 0 is told to people and never asked.
ITSELF, LISTING, NAMED, SHOWN, LOOK, GUESS, LAST, ASIDE = 100, 80, 50, 40, 15, 10, 5, 0
CATEGORY, CALENDAR, SPECIFIC = 30, 42, 27
MOST_LINKS = 300  # <link> elements looked at
MOST_ANCHORS = 4_000
_PLACES = 10  # places in a page's list of feeds after which order says nothing more
_MANY_CALENDARS = 3  # from so many on, calendar files on a page are those of single events

_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|application/x-rss\+xml", re.I)
_VAGUE_TYPE = re.compile(r"(?:text|application)/(?:xml|json|rss)", re.I)
_CALENDAR_TYPE = re.compile(r"text/calendar", re.I)
_FEED_ADDRESS = re.compile(
    r"/(?:feeds?|rss|atom)(?:\.(?:xml|php|aspx|json))?/?$|/(?:feed|rss|rss2|atom|rdf)/(?:rss2?|atom|rdf)?/?$"
    r"|(?:rss|atom|feed|index)\.(?:xml|rdf|rss|atom)$|\.(?:rss|atom|rdf)$|/feeds/posts/default"
    r"|[?&](?:feed|format|type|output|alt)=(?:rss\w*|atom\w*|feed|rdf)(?:&|$)",
    re.I,
)
_CALENDAR_ADDRESS = re.compile(r"^webcals?:|\.ics(?:$|[?#])|[?&](?:outlook-)?ical=1|/calendar/ical/", re.I)
_NAMED_SO = re.compile(r"\b(?:rss|atom|rdf|web ?feed|news ?feed|feed rss|flux rss|canal rss|rss[- ]?feed)\b", re.I)
_COMMENTS = re.compile(
    r"\bcomments?\b|kommentar|\bcommenti\b|commentaire|comentario|comentári|komentar|reacties|\bposts\.rss\b|\breplies\b"
)
_COMMENT_ADDRESS = re.compile(
    r"/comments?(?:/|\.|$)|feed=comments|/feeds/(?:\d+/)?comments/|/feed/comments|/posts\.rss$|/\d+/replies"
)
_CATEGORY_ADDRESS = re.compile(
    r"/(?:category|categories|taxonomy/term|kategorie|categoria|categorie|tags?|author|topics?|label|labels|search|section|c)/"
    r"|/-/|[?&](?:cat|tag|s|category|author)="
)
_ARTICLE = re.compile(r"\b(?:single|single-post|postid-\d+|page-id-\d+)\b")
_LOOK_WORDS = frozenset(
    """blog news weblog aktuelles neuigkeiten nachrichten actualites nouvelles notizie novita avvisi noticias
    novedades actualidad novosti vijesti obavijesti nieuws nyheter events veranstaltungen eventi evenements eventos
    calendar kalender calendario dogadanja announcements latest""".split()
)
_ANNOUNCED = re.compile(r"<([^<>]{1,2000})>((?:\s*;\s*[\w*]+\s*=\s*(?:\"[^\"]{0,2000}\"|[^\s;,\"]{1,2000}))*)")
_PARAMETER = re.compile(r";\s*([\w*]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))")


@dataclass(frozen=True, slots=True)
class Lead:
    """An address where a source may be, and why.

    worth: how promising it is before it is asked. kind: how to read it; empty for whatever the document turns out
    to be. options: what the kind needs. title: what the page calls it.
    """

    url: str
    why: str
    worth: float
    kind: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    title: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """An HTML page as discovery sees it: where it is, what it is made of, and the beginning of its text."""

    url: str
    base: str
    tree: LexborHTMLParser
    text: str

    @property
    def generator(self) -> str:
        """The program that made it, as it says of itself."""
        return " ".join(meta(self.tree, "generator")).lower()


def page_of(tree: LexborHTMLParser, text: str, url: str) -> Page:
    """A parsed page found at `url`, with the base of its relative links."""
    base = tree.css_first("base[href]")
    written = (base.attributes.get("href") or "") if base else ""
    return Page(url, absolute(url, written) if written else url, tree, text[:400_000])


def meta(tree: LexborHTMLParser, name: str) -> list[str]:
    """The contents of the <meta> of that name, property or itemprop."""
    nodes = tree.css(f'meta[name="{name}" i], meta[property="{name}" i], meta[itemprop="{name}" i]')
    return [one_line(node.attributes.get("content") or "") for node in nodes[:20]]


def links(page: Page, header: str = "") -> list[Lead]:
    """The leads of a page and of the header Link that came with it: named ones first, each address once."""
    found = [*announced(header, page.url), *_named(page), *_shown(page)]
    once: dict[str, Lead] = {}
    for lead in found:
        if is_web(lead.url) and lead.url != page.url:
            once.setdefault(lead.url, lead)
    return list(once.values())


def announced(header: str, url: str) -> Iterator[Lead]:
    """The feeds and calendars that a server names in its header Link (RFC 8288)."""
    for link in _ANNOUNCED.finditer(header[:10_000]):
        said = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(link[2])}
        if "alternate" in said.get("rel", "").lower().split():
            yield from _alternate(absolute(url, link[1]), said, url, "its server names it (header Link)")


def related(page: Page, header: str, relation: str) -> str:
    """The address that a page or its server gives for a relation such as `https://api.w.org/`; empty for none."""
    for link in _ANNOUNCED.finditer(header[:10_000]):
        said = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(link[2])}
        if relation in said.get("rel", "").split():
            return absolute(page.url, link[1])
    for node in page.tree.css("link[rel][href]")[:MOST_LINKS]:
        if relation in (node.attributes.get("rel") or "").split():
            return absolute(page.base, node.attributes.get("href") or "")
    return ""


def _named(page: Page) -> Iterator[Lead]:
    """What the page names for programs: `<link rel=alternate>` (and `<a rel=alternate>`), in its order."""
    for number, node in enumerate(page.tree.css("link[rel][href], a[rel][type][href]")[:MOST_LINKS]):
        said = {name: value or "" for name, value in node.attributes.items()}
        relation = said.get("rel", "").lower().split()
        if "alternate" in relation or "feed" in relation:
            url = absolute(page.base, said["href"])
            for lead in _alternate(url, said, page.url, "the page names it for programs"):
                yield _beside(lead, page, number)


def _beside(lead: Lead, page: Page, number: int) -> Lead:
    """A named lead by its place; what an article names below its own address are the comments on it."""
    if is_article(page.tree) and specific(lead.url, page.url):
        return Lead(lead.url, f"{lead.why}: comments on this page", ASIDE, title=lead.title)
    worth = lead.worth - min(number, _PLACES) / 2 if lead.worth > ASIDE else ASIDE
    return Lead(lead.url, lead.why, worth, title=lead.title)


def is_article(tree: LexborHTMLParser) -> bool:
    """Whether a page is one text (with comments of its own), not a list."""
    body = tree.css_first("body[class]")
    classes = (body.attributes.get("class") or "") if body else ""
    return bool(_ARTICLE.search(classes)) or any(said.lower() == "article" for said in meta(tree, "og:type"))


def _alternate(url: str, said: Mapping[str, str], here: str, why: str) -> Iterator[Lead]:
    if not is_web(url := _web(url, here)):
        return
    kind = said.get("type", "").partition(";")[0].strip()
    title = one_line(said.get("title", ""))[:200]
    vague = _VAGUE_TYPE.fullmatch(kind) or (not kind and not said.get("hreflang"))
    if _CALENDAR_TYPE.fullmatch(kind):
        yield Lead(url, f"{why}: a calendar", CALENDAR + specific(url, here), title=title)
    elif _FEED_TYPE.fullmatch(kind) or (vague and _FEED_ADDRESS.search(url)):
        worth, what = _judged(url, title, here)
        yield Lead(url, f"{why}{what}", worth, title=title)


def _judged(url: str, title: str, here: str) -> tuple[float, str]:
    """(worth of a feed that a page names, what to say of it): main, of a category, of comments."""
    path = unquote(url).lower()
    if _COMMENT_ADDRESS.search(path) or _COMMENTS.search(fold(title)):
        return ASIDE, ": comments"
    narrow = specific(url, here)
    if _CATEGORY_ADDRESS.search(path):
        return CATEGORY + narrow, ": one part of the site"
    return NAMED + narrow, ""


def specific(url: str, here: str) -> float:
    """What a lead is worth more for lying below the very page that was asked, where that is no front page."""
    own, other = urlsplit(here), urlsplit(url)
    path = own.path.rstrip("/")
    inside = other.path == path or other.path.startswith((f"{path}/", f"{path}."))
    return SPECIFIC if path and host(url) == host(here) and inside else 0


# --------------------------------------------------------------------------------------------- links for people
def _shown(page: Page) -> Iterator[Lead]:
    """Links that look like feeds or calendars, then pages on which feeds may be found."""
    calendars: list[Lead] = []
    look: dict[str, Lead] = {}
    for node in page.tree.css("a[href], iframe[src]")[:MOST_ANCHORS]:
        href = one_line(node.attributes.get("href") or node.attributes.get("src") or "")
        if not href or href.startswith(("#", "mailto:", "javascript:", "data:")):
            continue
        written, text = absolute(page.base, href), _text(node)
        if not is_web(url := _web(written, page.url)):
            continue
        if (calendar := calendar_of(url)) or _CALENDAR_ADDRESS.search(written):
            worth = CALENDAR if url != written else CALENDAR - 8
            calendars.append(Lead(calendar or url, "a link on the page leads to this calendar", worth))
        elif _FEED_ADDRESS.search(url) or (_NAMED_SO.search(text) and host(url) and len(text) < 60):
            yield _feed_shown(url, text, page.url)
        elif host(url) == host(page.url) and _LOOK_WORDS & set(fold(text).split()) and len(text) < 40:
            look.setdefault(url, Lead(url, f"the page links to it as “{text}”", LOOK - min(len(look), 5)))
    yield from _calendars(calendars, page.url)
    yield from look.values()


def _feed_shown(url: str, text: str, here: str) -> Lead:
    worth, what = _judged(url, text, here)
    lowered = worth - (NAMED - SHOWN) if worth else worth
    # A link that is only called RSS may lead to a page about feeds, and one to another site to anybody's.
    if not _FEED_ADDRESS.search(url):
        lowered -= 8
    return Lead(url, f"a link on the page leads to it{what}", lowered if host(url) == host(here) else lowered - 8)


def _calendars(found: list[Lead], here: str) -> Iterator[Lead]:
    single = len({lead.url for lead in found}) > _MANY_CALENDARS
    for lead in found:
        worth = ASIDE if single and lead.worth < CALENDAR else lead.worth + specific(lead.url, here)
        yield Lead(lead.url, lead.why, worth)


def calendar_of(url: str) -> str:
    """The iCalendar file behind an embedded Google calendar; empty for anything else."""
    parts = urlsplit(url) if is_web(url) else urlsplit("")
    if parts.hostname not in ("calendar.google.com", "www.google.com") or "/calendar/" not in f"{parts.path}/":
        return ""
    said = re.search(r"(?:^|&)(src|cid)=([^&#]+)", parts.query)
    name = _unpacked(said[2]) if said and said[1] == "cid" else said[2] if said else ""
    return f"https://calendar.google.com/calendar/ical/{name}/public/basic.ics" if name else ""


def _unpacked(cid: str) -> str:
    """The name of a calendar in a link to add it: Base64 of an address, without the signs at its end."""
    try:
        name = base64.b64decode(unquote(cid) + "==").decode("ascii")
    except ValueError:
        return ""
    return quote(name) if re.fullmatch(r"[\w.%+#-]{1,200}@[\w.-]{1,100}", name) else ""


def _text(node: LexborNode) -> str:
    said = one_line(node.text(deep=True))[:200]
    return said or one_line(node.attributes.get("title") or node.attributes.get("aria-label") or "")[:200]


def _web(url: str, here: str = "") -> str:
    """The web address that `webcal:` and `feed:` stand for; a site without https has its calendar without, too."""
    bare = re.sub(r"^(?:webcals?|feed):(?://)?", "", url, flags=re.I)
    if bare == url or is_web(bare):
        return bare
    beside = urlsplit(here).netloc == bare.partition("/")[0]
    return f"{urlsplit(here).scheme if beside else 'https'}://{bare}"


def web_address(written: str) -> str:
    """An address as people write it, as one to ask: a bare host gets https://, `webcal:` and `feed:` become web
    addresses, `@name@server` is a profile of the fediverse. What is no address comes back as it is."""
    written = written.strip()
    profile = re.fullmatch(r"@([\w.-]+)@([\w.-]+\.[a-z]{2,})", written, re.I)
    if profile:
        return f"https://{profile[2]}/@{profile[1]}"
    if re.match(r"(?:webcals?|feed):", written, re.I):
        return _web(written)
    bare = re.fullmatch(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?|localhost(?::\d+)?(?:/\S*)?", written, re.I)
    numbered = re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:/\S*)?", written)
    return f"https://{written}" if bare or numbered else written


def each_once(leads: Iterable[Lead]) -> list[Lead]:
    """The best lead of each address and kind, best first."""
    best: dict[tuple[str, str], Lead] = {}
    for lead in leads:
        known = best.get((lead.url, lead.kind))
        if known is None or lead.worth > known.worth:
            best[lead.url, lead.kind] = lead
    return sorted(best.values(), key=lambda lead: -lead.worth)
