"""Feeds: RSS, RDF and Atom through the strict reader where it is sure, else through feedparser; JSON Feed through
a small reader of our own.

What is no feed is refused with a word on what it looks like. feedparser gets UTF-8 bytes only, never a string
(it would open files and addresses), and neither sanitises nor resolves: nh3 and `urls` do that better and
twenty times faster.
"""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source
from aggregator.nesting import depth
from aggregator.read import again, jsonfeed, strict
from aggregator.read.encoding import decoded
from aggregator.read.entries import MOST, reading_of
from aggregator.read.flavours import as_meant
from aggregator.text import clean

AT_ONCE = 1 << 19  # bytes of a document that needs no process of its own
_DEEPEST = 2_000  # levels of elements; real feeds have under a hundred
_EXPANDED = 100_000  # characters that one entity may stand for
_LEVELS = 20  # entities within entities
_BINARY = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or office document",
    b"\x1f\x8b": "a compressed file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
}
_OTHER_XML = {
    "urlset": "a sitemap",
    "sitemapindex": "a sitemap",
    "opml": "a list of feeds (OPML)",
    "svg": "a picture",
}
_PROLOGUE = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.S)
_FIRST_TAG = re.compile(r"<!doctype\s+html|<(?:[\w.-]+:)?([a-zA-Z][\w.-]*)", re.I)
_FEED_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel|entry)(?=[\s>/])", re.I)
_SAID_OF_MEDIA = re.compile(r"<(/?)media:description(?:\s[^<>]*?)?(/?)>")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_NUMBERED = re.compile(r"&#(?:0*([0-9]+)|[xX]0*([0-9a-fA-F]+))(;?)")
_DIGITS = 7  # of the number of a character; more are none's, and too many for feedparser and for int()
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]+)\s+(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(r"&([\w.-]+);")


def read(document: Document, source: Source) -> Reading:
    """The feed in a document.

    Raises SourceError: `empty`, `not-a-feed` (saying what it is instead), `unreadable`, `too-deep`, `entity-bomb`.
    """
    for magic, name in _BINARY.items():
        if document.body.startswith(magic):
            raise SourceError("not-a-feed", name)
    text = _text(document)
    if not text:
        raise SourceError("empty", "there is nothing in it")
    if text[0] in "{[":
        return as_meant(jsonfeed.read(text, document, source))
    text = _from_root(text)
    text = _apart(text)
    return as_meant(reading_of(_strictly(text) or _parsed(text), document.url))


def at_once(document: Document, source: Source) -> Reading | None:
    """The feed in a document of at most AT_ONCE bytes that the strict reader is sure of, else None; without the
    entries that the document's `traces` have.

    All that is done to it takes time in proportion to its length.
    """
    if len(document.body) > AT_ONCE:
        return None
    text = _text(document)
    prologue = _PROLOGUE.match(text)
    if not _FEED_ROOT.match(text, prologue.end() if prologue else 0):
        return None  # to say what it is instead may take long
    try:
        text = _apart(text)
        return _again(text, document, source) or _anew(text, document, source)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        # A fault of ours: a worker will meet it too, and end with a traceback, at the cost of this document only.
        return None


def _anew(text: str, document: Document, source: Source) -> Reading | None:
    """The whole document, with what to remember of it."""
    found = _strictly(text)
    if found is None:
        return None
    reading, row = as_meant(reading_of(found, document.url)), again.row_of(text)
    if row is None or len(found["entries"]) > MOST:
        return reading
    context = again.context_of(row.head, found["feed"], document.url, source)
    return replace(reading, traces=again.traces_of(row, reading.entries, context))


def _again(text: str, document: Document, source: Source) -> Reading | None:
    """What is new in a document that was read before; None where the whole must be read."""
    left = again.cut(text, document.traces) if document.traces else None
    found = _strictly(left.text) if left else None
    if left is None or document.traces is None or found is None or len(found["entries"]) != left.kept:
        return None
    if again.context_of(left.head, found["feed"], document.url, source) != document.traces.context:
        return None
    if left.of_known:
        del found["entries"][0]
    reading = as_meant(reading_of(found, document.url))
    new = zip(left.hashes, map(again.date_of, reading.entries), strict=True)
    traces = replace(document.traces, entries={**dict(new), **left.dates})
    return replace(reading, as_before=tuple(left.dates.values()), traces=traces)


def _text(document: Document) -> str:
    return decoded(document.body, document.content_type).lstrip("\ufeff \t\r\n\x00")


def _strictly(text: str) -> dict[str, Any] | None:
    """What the strict reader makes of it, or None where it is in doubt."""
    try:
        return strict.parsed(text)
    except strict.Doubt:
        return None


def _from_root(text: str) -> str:
    """The document from its declaration or its root on, without what was printed before it by mistake."""
    start = _PROLOGUE.match(text)
    first = _FIRST_TAG.search(text, start.end() if start else 0)
    root = _FEED_ROOT.search(text)
    if first and root and first[1] is None and _after_type(text, first.end()) == root.start():
        return text[root.start() :]
    name = (first[1] or "html").lower() if first else ""
    if root is None or name in ("html", "head", "body"):
        raise SourceError("not-a-feed", _looks_like(text, name))
    if first and root.start() == first.start() == (start.end() if start else 0):
        return text
    declared = _DECLARATION.search(text, 0, root.start())
    doctype = text.find("<!DOCTYPE", declared.end() if declared else 0, root.start())
    return text[doctype if doctype >= 0 else root.start() :]


def _after_type(text: str, start: int) -> int:
    """Where the first element begins after a document type of HTML, which some templates print before anything."""
    prologue = _PROLOGUE.match(text, text.find(">", start) + 1)
    return prologue.end() if prologue else start


def _apart(text: str) -> str:
    """What is said of a picture kept apart from what its entry says, which feedparser would replace by it."""
    if "<media:description" not in text:
        return text
    return _SAID_OF_MEDIA.sub(r"<\1media:about\2>", text)


def _looks_like(text: str, name: str) -> str:
    if text.startswith("BEGIN:VCALENDAR"):
        return "a calendar; use kind calendar"
    if name in ("html", "head", "body"):
        login = re.search(r"<input[^>]+type\s*=\s*[\"']?password", text, re.I)
        return "a page that asks for a password" if login else "an HTML page"
    if not name:
        return "plain text"
    if re.search(r"</(?:p|div|a|h1|body|html)\s*>", text, re.I):
        return "a piece of HTML"
    return _OTHER_XML.get(name, f"an XML document that starts with <{name}>")


def _refuse_bombs(text: str) -> None:
    if text.count("<") > _DEEPEST and depth(text) > _DEEPEST:
        raise SourceError("too-deep", f"elements are nested more than {_DEEPEST} deep")
    if "<!ENTITY" in text and _explodes({name: one or two for name, one, two in _ENTITY.findall(text)}):
        raise SourceError("entity-bomb", "its entities would grow without measure")


def _explodes(entities: dict[str, str]) -> bool:
    """Whether an entity, written out, is longer than _EXPANDED or stands for itself."""
    sizes = {name: len(value) for name, value in entities.items()}
    references = {name: _REFERENCE.findall(value) for name, value in entities.items()}
    for _ in range(_LEVELS):
        grown = {
            name: len(entities[name]) + sum(sizes.get(one, 0) for one in references[name]) for name in entities
        }
        if max(grown.values(), default=0) > _EXPANDED:
            return True
        if grown == sizes:
            return False
        sizes = grown
    return True  # deeper than anybody needs, or a circle


def _without_declaration(text: str) -> str:
    """The document without the declaration of its encoding, which was true of the bytes that it came in."""
    root = _FEED_ROOT.search(text)
    declared = _DECLARATION.search(text, 0, root.start() if root else len(text))
    return text[: declared.start()] + text[declared.end() :] if declared else text


def _allowed(reference: re.Match[str]) -> str:
    """A numbered character as it is written, or what XML forbids: halves of a pair as themselves (`clean` joins
    them), controls and numbers that no character has as nothing."""
    digits = reference[1] or reference[2]
    number = int(digits, 10 if reference[1] else 16) if len(digits) <= _DIGITS else -1
    if number >= 0 and not reference[3]:
        return reference[0]
    if 0xD800 <= number <= 0xDFFF:
        return chr(number)
    return reference[0] if number in (9, 10, 13) or 32 <= number <= 0x10FFFF else ""


def _parsed(text: str) -> Any:
    """What feedparser makes of it, or the strict reader where only forbidden characters were in its way.

    Raises SourceError `too-deep`, `entity-bomb`, `unreadable` or `not-a-feed`.
    """
    _refuse_bombs(text)
    good = allowed(text)
    found = _strictly(good) if good != text else None
    return found or _by_feedparser(good)


def allowed(text: str) -> str:
    """The document without the characters that XML forbids, as they are or by number."""
    return clean(_NUMBERED.sub(_allowed, text))


def _by_feedparser(text: str) -> Any:
    import xml.sax

    import feedparser

    body = _without_declaration(text).encode("utf-8")
    try:
        parsed = feedparser.parse(BytesIO(body), resolve_relative_uris=False, sanitize_html=False)
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        AssertionError,
        ArithmeticError,
        RecursionError,
        xml.sax.SAXException,
    ) as error:
        raise SourceError("unreadable", f"the feed parser gave up: {type(error).__name__}: {error}") from error
    if not parsed.get("version") and not parsed["entries"]:
        raise SourceError("not-a-feed", _looks_like(text, "xml"))
    return parsed
