"""Well-formed feeds, read by expat in a twelfth of the time that feedparser takes, and as feedparser reads them.

`parsed` gives what `entries.reading_of` asks of a feedparser result, or raises Doubt; then feedparser is asked.
It knows the elements of the tables below, each by what feedparser does with it: how texts are trimmed and mended,
which of two titles counts, when a second description is the content. What the tables don't know and what could
change a field that we use is doubted: children where a text is expected, elements in places of their own, types
that mean base64, document types, dates in other forms than the two of RFC 822 and W3C. `tests/test_read_strict.py`
holds the two against each other, so a new version of feedparser shows where they part.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from aggregator.read.strict_entry import RIGHTS, UNUSED, EntryReader
from aggregator.read.strict_names import Doubt, Names
from aggregator.read.strict_text import (
    Inherited,
    address_of,
    attributes,
    is_permanent,
    linked,
    mend,
    people,
    text_of,
)
from aggregator.text import clean

__all__ = ["Doubt", "parsed"]

_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")
_PROLOGUE = re.compile(r"(?:\s+|<\?(?:(?!\?>).)*\?>|<!--(?:(?!-->).)*-->)*", re.S)
_TYPE = re.compile(r"""<!DOCTYPE\s+[\w:.-]+(?:\s+(?:SYSTEM|PUBLIC)(?:\s+"[^"<>]*")+)?\s*>""")
_HIDDEN_ENCODING = re.compile(r"<\?[^\n]*encoding=")  # feedparser would look for an encoding in it
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|rdf|feed)[\s>][^>]*", re.I)
_DECLARED = re.compile(r"""xmlns(?=(?::([\w.-]+))?\s*=\s*(?:"([^"]*)"|'([^']*)'))""")
_VERSIONS = {"http://purl.org/rss/1.0/": "rss10", "http://www.w3.org/2005/atom": "atom10"}
_NETSCAPE = "http://my.netscape.com/rdf/simple/0.9/"
_IMAGE = frozenset({"title", "link", "description", "url", "width", "height"})
_TEXT_INPUT = frozenset({"title", "link", "description", "name"})


def parsed(text: str) -> dict[str, Any]:
    """What feedparser makes of a feed as text, as far as we use it. Raises Doubt (a reason in its message)."""
    declared = _DECLARATION.match(text)
    text = text[declared.end() :] if declared else text
    prologue = _PROLOGUE.match(text)
    if prologue and text.startswith("<!", prologue.end()):
        text = text[: prologue.end()] + _without_type(text[prologue.end() :])
    if "\x7f" in text or "\ufeff" in text:
        text = clean(text)
    if _HIDDEN_ENCODING.match(text):
        raise Doubt("an encoding in a processing instruction")
    declarations = _declarations(text)
    tag = _ROOT.search(text)
    body = text.encode("utf-8", "surrogatepass")
    root = _tree(body)
    reader = _FeedReader(root, Names(declarations), Inherited(root, body))
    return reader.read(_version(tag[0] if tag else "", declarations))


def _without_type(text: str) -> str:
    """The document without a declaration of its type that declares nothing itself."""
    if not (declared := _TYPE.match(text)):
        raise Doubt("document type")
    return text[declared.end() :]


def _tree(body: bytes) -> Element:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 (no document type)
    except ElementTree.ParseError as error:
        raise Doubt("not well-formed") from error
    mend(root, body)
    return root


def _declarations(text: str) -> list[tuple[str, str]]:
    """Everything in a document that looks like the declaration of a namespace, as (prefix, address).

    A tree forgets the prefixes, and to have expat tell them costs more than to parse. What only looks like one, in
    a CDATA section, can cause a doubt and nothing else.
    """
    return [(prefix, double or single) for prefix, double, single in _DECLARED.findall(text)]


def _version(root: str, declarations: list[tuple[str, str]]) -> str:
    """The dialect that the first telling namespace names, if the root's tag declares it, else empty."""
    for prefix, address in declarations[: root.count("xmlns")]:
        if (prefix, address.lower()) == ("", _NETSCAPE):
            return "rss090"
        if version := _VERSIONS.get(address.lower()):
            return version
    return ""


class _FeedReader:
    """One feed: what it says of itself, and its entries in order."""

    def __init__(self, root: Element, names: Names, inherited: Inherited) -> None:
        self.root, self.names, self.inherited = root, names, inherited
        self.feed: dict[str, Any] = {}
        self.entries: list[dict[str, Any]] = []
        self.has_content = False  # whether a second description of the first entry is one, and no content
        self.titled = False  # whether a further title is none of the feed's
        self.atom = False

    def read(self, version: str) -> dict[str, Any]:
        kind = self.names[self.root.tag]
        if kind == "rss":
            version = "rss"
        elif kind == "feed":
            version = version or {"0.3": "atom03"}.get(attributes(self.root).get("version", ""), "atom")
        elif kind != "rdf_rdf":
            raise Doubt("root")
        self.atom = version.startswith("atom")
        self.reader = EntryReader(self.names, self.inherited, version)
        if kind in ("rss", "feed") and self.inherited.first_language:
            self.feed["language"] = self.inherited.first_language
        if kind == "feed":
            self._channel(self.root)
        else:
            self._channels(self.root)
        if not version and (not self.entries or self.names.has_atom):
            raise Doubt("no version")
        return {"version": version, "feed": self.feed, "entries": self.entries}

    def _channels(self, root: Element) -> None:
        """RSS: one channel, and what may stand beside it."""
        seen = False
        for child in root:
            name = self.names[child.tag]
            if name == "channel" and not seen:
                seen = True
                self._channel(child)
            elif name in ("item", "image", "textinput"):
                _FEED[name](self, child, name)
            elif name in _FEED or len(child):
                raise Doubt("beside the channel")

    def _channel(self, channel: Element) -> None:
        self._no_cdf(channel)
        for child in channel:
            name = self.names[child.tag]
            if name in _FEED:
                _FEED[name](self, child, name)
            elif len(child):
                self._skipped(child, name)

    def _no_cdf(self, element: Element) -> None:
        if element.keys() and not attributes(element).keys().isdisjoint(("href", "lastmod")):
            raise Doubt("attributes of CDF")

    def _skipped(self, element: Element, name: str) -> None:
        """Elements within one that we don't use: none of them may mean something to feedparser."""
        for inner in element.iter():
            if inner is not element and self.names[inner.tag] in _FEED:
                raise Doubt(f"within {name}")

    # ------------------------------------------------------------------------------------------ what it says
    def _entry(self, element: Element, name: str) -> None:  # noqa: ARG002
        self._no_cdf(element)
        self.entries.append(self.reader.read(element, self.has_content))
        self.has_content = self.titled = False

    def _title(self, element: Element, name: str) -> None:
        value = self.reader.markup(element, "text/plain")[0]
        if not self.titled:
            self.feed["title"] = value
        self.titled = self.titled or (bool(value) and name != "media_title")

    def _link(self, element: Element, name: str) -> None:  # noqa: ARG002
        link, address = linked(element, self.inherited.base(element))
        if address is not None:
            self.feed["link"] = address
            link["href"] = address

    def _id(self, element: Element, name: str) -> None:  # noqa: ARG002
        is_link = is_permanent(element)
        value = address_of(element, self.inherited.base(element)) if is_link else text_of(element)
        if is_link:
            self.feed.setdefault("link", value)

    def _plain(self, element: Element, name: str) -> None:
        if name in ("language", "dc_language"):
            self.feed["language"] = text_of(element)
        elif element.keys():
            raise Doubt(f"attributes of {name}")
        else:
            self.feed[name] = text_of(element)

    def _author(self, element: Element, name: str) -> None:
        if self.atom:  # elsewhere an entry doesn't inherit its author
            people(element, self.feed, self.names)
        else:
            self._skipped(element, name)

    def _summary(self, element: Element, name: str) -> None:
        """feedparser takes a description after a summary for the content, and remembers so until an entry ends."""
        if len(element):
            self.reader.markup(element, "text/plain")
        if "summary" in self.feed and not self.has_content:
            self.has_content = True
        elif name in ("summary", "itunes_summary"):
            self.feed.setdefault("summary", "")

    def _unused(self, element: Element, name: str) -> None:  # noqa: ARG002
        if len(element):
            self.reader.markup(element, "text/plain")

    def _image(self, element: Element, name: str) -> None:
        allowed = _TEXT_INPUT if name == "textinput" else _IMAGE
        for inner in element.iter():
            if inner is not element and (len(inner) or self.names[inner.tag] not in allowed):
                raise Doubt(f"within {name}")
        self.titled = False

    def _owner(self, element: Element, name: str) -> None:
        if self.atom:  # feedparser makes the owner an author
            raise Doubt("an owner")
        self._skipped(element, name)

    def _doubted(self, element: Element, name: str) -> None:  # noqa: ARG002
        raise Doubt(f"a feed's {name}")


_FEED: dict[str, Callable[[_FeedReader, Element, str], None]] = {
    **dict.fromkeys(("item", "entry"), _FeedReader._entry),
    **dict.fromkeys(("title", "dc_title", "media_title"), _FeedReader._title),
    "link": _FeedReader._link,
    **dict.fromkeys(("id", "guid"), _FeedReader._id),
    **dict.fromkeys(
        ("language", "dc_language", "ttl", "sy_updateperiod", "sy_updatefrequency"), _FeedReader._plain
    ),
    **dict.fromkeys(
        ("author", "managingeditor", "dc_author", "dc_creator", "itunes_author"), _FeedReader._author
    ),
    **dict.fromkeys(
        ("summary", "itunes_summary", "description", "dc_description", "media_description"), _FeedReader._summary
    ),
    **dict.fromkeys((*UNUSED, *RIGHTS, "abstract", "width", "height"), _FeedReader._unused),
    **dict.fromkeys(("image", "textinput"), _FeedReader._image),
    "itunes_owner": _FeedReader._owner,
    **dict.fromkeys(
        (
            "rss", "rdf_rdf", "feed", "channel", "source", "authors", "content", "content_encoded", "fullitem",
            "body", "xhtml_body", "psc_chapters", "psc_chapter", "gml_point", "gml_linestring", "gml_polygon",
        ),
        _FeedReader._doubted,
    ),
}  # fmt: skip
