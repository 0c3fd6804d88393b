"""One entry of a well-formed feed, element by element, with the keys that feedparser gives it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from aggregator.read.fields import looks_like_html
from aggregator.read.strict_dates import moment
from aggregator.read.strict_markup import html_of
from aggregator.read.strict_names import Doubt, Names
from aggregator.read.strict_text import (
    Inherited,
    address_of,
    attributes,
    is_permanent,
    linked,
    mended,
    people,
    text_of,
)

_TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "xhtml": "application/xhtml+xml"}
_XHTML = "application/xhtml+xml"
_COPIED = (
    "text/plain",
    "text/html",
    _XHTML,
)  # types of a content that is its entry's summary, where there is none
_MARKUP = re.compile(r"</\w+>|&#?\w+;")
_ITUNES = "http://www.itunes.com/"
_YAHOO = "http://search.yahoo.com/mrss/category_schema"
_DEEPEST = 50  # elements within elements of an entry: no feed needs so many, and each takes a step of the stack
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


_Tag = tuple[str | None, str | None, str | None]  # term, scheme, label


class EntryReader:
    """Reads the entries of one feed, one after another.

    `read` gives a dictionary of `id`, `link`, `links`, `title`, `summary`, `content`, ... A key is overwritten by
    an element at the same depth or above, not by a deeper one; of titles, the first that isn't empty counts.
    """

    def __init__(self, names: Names, inherited: Inherited, version: str) -> None:
        self.names, self.inherited, self.version = names, inherited, version
        self.known, self.inherits = _Known(names), inherited.any
        self.atom = version.startswith("atom")

    def read(self, element: Element, has_content: bool = False) -> dict[str, Any]:
        """What an entry says. has_content: take a second description for one, not for the content."""
        self.entry: dict[str, Any] = {}
        self.links: list[dict[str, str]] = []
        self.tags: list[_Tag] = []
        self.seen: set[_Tag] = set()
        self.depths: dict[str, int] = {}
        self.depth, self.title_depth, self.has_content = 0, -1, has_content
        if about := element.get(_ABOUT):
            self.entry["id"] = about
        self._children(element)
        if self.links:
            self.entry["links"] = self.links
        if self.tags:
            self.entry["tags"] = [{"term": term, "label": label} for term, _, label in self.tags]
        return self.entry

    def _children(self, element: Element) -> None:
        known = self.known
        for child in element:
            read, key = known[child.tag]
            if read is not None:
                read(self, child, key)
            elif len(child):
                self._inside(child, key)

    def _skipped(self, element: Element, name: str) -> None:
        """Elements within one that we don't use: none of them may mean something to feedparser."""
        for inner in element.iter():
            if inner is not element and self.names[inner.tag] in _ENTRY:
                raise Doubt(f"within {name}")

    def _store(self, key: str, value: Any) -> None:
        depth = self.depth
        if not depth or depth <= self.depths.get(key, depth):
            self.depths[key] = depth
            self.entry[key] = value

    # ------------------------------------------------------------------------------------------------ markup
    def markup(self, element: Element, default: str) -> tuple[str, dict[str, Any]]:
        """(text, detail) of an element that holds text, HTML or, where it says so, elements of XHTML."""
        if element.keys() and (kind := _type(attributes(element), default)) == _XHTML:
            value = mended(html_of(element, self.names, in_div=self.version == "atom10"))
        elif element.keys():
            value = text_of(element)
        else:
            kind, value = default, text_of(element)
        if self.inherits:
            return value, {"type": kind, "value": value} | self.inherited.of(element)
        return value, {"type": kind, "value": value}

    def _title(self, element: Element, media: str) -> None:
        value, detail = self.markup(element, "text/plain")
        if not -1 < self.title_depth <= self.depth:
            self._store("title", value)
            if self.inherits:
                self.entry["title_detail"] = detail
        if value and not media:
            self.title_depth = self.depth

    def _summary(self, element: Element, default: str) -> None:
        """A summary or description; after another one it is the content, as long as there is none."""
        if "summary" in self.entry and not self.has_content:
            self._content(element, "text/plain")
        else:
            self._text(element, default)

    def _text(self, element: Element, default: str) -> None:
        value, detail = self.markup(element, default)
        if not self.atom:
            _sure(value, detail["type"])
        self._store("summary", value)
        self.entry["summary_detail"] = detail

    def _content(self, element: Element, default: str) -> None:
        self.has_content = True
        value, detail = self.markup(element, default)
        if not self.atom:
            _sure(value, detail["type"])
        self.entry.setdefault("content", []).append(detail)
        if detail["type"] in _COPIED:
            self.entry.setdefault("summary", value)

    # ------------------------------------------------------------------------------------ addresses and names
    def _link(self, element: Element, key: str) -> None:  # noqa: ARG002
        link, address = linked(element, self.inherited.base(element) if self.inherits else "")
        self.links.append(link)
        if address is not None:
            self.entry["link"] = address
            if address:
                link["href"] = address

    def _enclosure(self, element: Element, key: str) -> None:  # noqa: ARG002
        said = attributes(element) if element.keys() else {}
        address = said.get("url", said.get("uri", said.get("href"))) or said.get("href")
        link = {"rel": "enclosure"} | ({"type": said["type"]} if "type" in said else {})
        self.links.append(link | ({} if address is None else {"href": address}))
        if len(element):
            self._skipped(element, "enclosure")

    def _license(self, element: Element, key: str) -> None:
        address = element.get(_RESOURCE) if key == "cc" else text_of(element)
        self.links.append({"rel": "license"} | ({"href": address} if address else {}))

    def _rights(self, element: Element, key: str) -> None:
        value, _ = self.markup(element, "text/plain")
        self._store(key, value)

    def _id(self, element: Element, key: str) -> None:  # noqa: ARG002
        is_link = is_permanent(element)
        value = address_of(element, self.inherited.base(element)) if is_link else text_of(element)
        self._store("id", value)
        if is_link:
            self.entry.setdefault("link", value)

    def _author(self, element: Element, key: str) -> None:  # noqa: ARG002
        if self.depth:
            raise Doubt("a nested author")
        people(element, self.entry, self.names)

    # -------------------------------------------------------------------------------------- tags, dates, rest
    def _category(self, element: Element, scheme: str) -> None:
        if element.keys() or scheme:
            said = attributes(element)
            if scheme == _ITUNES:
                self._tag(said.get("text"), scheme, None)
            else:
                self._tag(said.get("term"), said.get("scheme", said.get("domain", scheme)), said.get("label"))
        if scheme == _ITUNES and len(element):
            self._subcategories(element)
            return
        value = text_of(element)
        if value and self.tags and not self.tags[-1][0]:
            last = self.tags.pop()
            self.seen.discard(last)
            self.tags.append((value, *last[1:]))
            self.seen.add(self.tags[-1])
        elif value:
            self._tag(value, None, None)

    def _subcategories(self, element: Element) -> None:
        """Categories of podcasts stand within each other."""
        for child in element:
            if self.names[child.tag] != "itunes_category" or (child.tail or "").strip():
                raise Doubt("elements in a category")
            self._category(child, _ITUNES)
        if (element.text or "").strip():
            raise Doubt("text between categories")

    def _tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        tag = (term, scheme, label)
        if (term or scheme or label) and tag not in self.seen:
            self.tags.append(tag)
            self.seen.add(tag)

    def _keywords(self, element: Element, scheme: str) -> None:
        words = text_of(element)
        if not element.keys():
            for word in words.split(","):
                if word.strip():
                    self._tag(word.strip(), scheme or None, None)

    def _date(self, element: Element, key: str) -> None:
        value = text_of(element)
        self._store(key, value)
        self.entry[f"{key}_parsed"] = moment(value)

    def _language(self, element: Element, key: str) -> None:
        self._store(key, text_of(element))

    def _plain(self, element: Element, key: str) -> None:
        if element.keys():
            self.entry[key] = dict(element.items())
        else:
            self._store(key, text_of(element))

    def _inside(self, element: Element, key: str) -> None:  # noqa: ARG002
        if self.depth >= _DEEPEST:
            raise Doubt("nested deep")
        self.depth += 1
        self._children(element)
        self.depth -= 1

    def _source(self, element: Element, key: str) -> None:  # noqa: ARG002
        """Where the entry was taken from: of no use, but a title after it counts anew."""
        self.title_depth = -1
        for child in element:
            name = self.names[child.tag]
            if name in _ENTRY and name not in _OF_A_SOURCE:
                raise Doubt(f"a source's {name}")
            if len(child) and name not in ("author", "contributor"):
                self._skipped(child, name)
            if name == "title" and self.markup(child, "text/plain")[0]:
                self.title_depth = self.depth + 1

    def _image(self, element: Element, key: str) -> None:  # noqa: ARG002
        if any(len(child) or self.names[child.tag] not in ("url", "width", "height") for child in element):
            raise Doubt("an image of an entry")
        self.title_depth = -1

    def _validity(self, element: Element, key: str) -> None:
        for part in text_of(element).split(";"):
            name, _, value = part.partition("=")
            if name == "end":
                self.entry[key], self.entry[f"{key}_parsed"] = value, moment(value)

    def _person(self, element: Element, key: str) -> None:  # noqa: ARG002
        """Who contributed: not kept."""
        people(element, {}, self.names)

    def _unused(self, element: Element, key: str) -> None:  # noqa: ARG002
        """A text that is not kept; elements in it are no elements of the entry."""
        if len(element):
            self.markup(element, "text/plain")

    def _doubted(self, element: Element, key: str) -> None:  # noqa: ARG002
        raise Doubt(f"an entry's {self.names[element.tag]}")


def _sure(value: str, kind: str) -> None:
    """Text that is plain and could be HTML is doubted, unless we take it for HTML ourselves."""
    if kind != "text/plain" or not ("&" in value or "</" in value):
        return
    if _MARKUP.search(value) and not looks_like_html(value):
        raise Doubt("plain text or HTML")


def _type(said: dict[str, str], default: str) -> str:
    if said.get("mode", "xml") not in ("xml", "escaped"):
        raise Doubt("base64")
    kind = said.get("type", default)
    kind = _TYPES.get(kind, kind)
    if kind != _XHTML and (not kind.startswith("text/") or kind.endswith("xml")):
        raise Doubt("type")
    return kind


UNUSED = ("subtitle", "tagline", "itunes_subtitle", "info")
RIGHTS = ("rights", "copyright", "dc_rights")
_Reading = Callable[[EntryReader, Element, str], None]


class _Known(dict[str, tuple[_Reading | None, str]]):
    """Tag -> how its elements are read (None: not at all), and the key that goes with it."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, tag: str) -> tuple[_Reading | None, str]:
        found = self[tag] = _ENTRY.get(self._names[tag], (None, ""))
        return found


_OF_A_SOURCE = frozenset(
    "id guid title link updated modified dc_date published issued author contributor category".split()
)
_ENTRY: dict[str, tuple[_Reading, str]] = {
    **dict.fromkeys(("title", "dc_title"), (EntryReader._title, "")),
    "media_title": (EntryReader._title, "media"),
    **dict.fromkeys(("description", "dc_description", "media_description"), (EntryReader._summary, "text/html")),
    **dict.fromkeys(("summary", "itunes_summary"), (EntryReader._summary, "text/plain")),
    "abstract": (EntryReader._text, "text/plain"),
    "content": (EntryReader._content, "text/plain"),
    **dict.fromkeys(("content_encoded", "fullitem"), (EntryReader._content, "text/html")),
    "link": (EntryReader._link, ""),
    "enclosure": (EntryReader._enclosure, ""),
    "cc_license": (EntryReader._license, "cc"),
    "creativecommons_license": (EntryReader._license, ""),
    **dict.fromkeys(RIGHTS, (EntryReader._rights, "rights")),
    **dict.fromkeys(("id", "guid"), (EntryReader._id, "")),
    **dict.fromkeys(
        ("author", "managingeditor", "dc_author", "dc_creator", "itunes_author"), (EntryReader._author, "")
    ),
    **dict.fromkeys(("contributor",), (EntryReader._person, "")),
    **dict.fromkeys(("category", "keywords", "dc_subject"), (EntryReader._category, "")),
    "media_category": (EntryReader._category, _YAHOO),
    "itunes_category": (EntryReader._category, _ITUNES),
    "itunes_keywords": (EntryReader._keywords, _ITUNES),
    "media_keywords": (EntryReader._keywords, ""),
    **dict.fromkeys(("published", "pubdate", "issued", "dcterms_issued"), (EntryReader._date, "published")),
    **dict.fromkeys(
        ("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified"), (EntryReader._date, "updated")
    ),
    "expirationdate": (EntryReader._date, "expired"),
    "dcterms_valid": (EntryReader._validity, "validity_end"),
    **dict.fromkeys(("created", "dcterms_created"), (EntryReader._date, "created")),
    **dict.fromkeys(("language", "dc_language"), (EntryReader._language, "language")),
    **{
        key: (EntryReader._plain, key)
        for key in (
            "yt_videoid", "thr_in-reply-to", "ev_startdate", "ev_enddate", "ev_location", "xcal_dtstart",
            "xcal_dtend", "xcal_location", "media_about", "itunes_duration",
        )
    },
    **dict.fromkeys(("media_group", "media_content"), (EntryReader._inside, "")),
    "source": (EntryReader._source, ""),
    "image": (EntryReader._image, ""),
    **dict.fromkeys((*UNUSED, "width", "height"), (EntryReader._unused, "")),
    # What changes the state of feedparser, what it fails on, and what is no element but a key of its dictionaries.
    **dict.fromkeys(
        (
            "rss", "rdf_rdf", "feed", "channel", "item", "entry", "textinput", "body", "xhtml_body", "tags",
            "itunes_owner", "expired", "validity_end", "psc_chapters",
            "psc_chapter", "gml_point", "gml_linestring", "gml_polygon", "where", "georss_where", "links",
            "authors", "date", "date_parsed", "issued_parsed", "modified_parsed", "published_parsed",
            "updated_parsed", "created_parsed", "title_detail", "summary_detail", "description_detail",
        ),
        (EntryReader._doubted, ""),
    ),
}  # fmt: skip
