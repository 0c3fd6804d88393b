"""Answers of programs in XML or JSON, told from the web pages that come with status 200 in their place.

What declares entities of its own is refused; characters that XML forbids are dropped; stray `&` and the
entities of HTML, which some servers send, are understood.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from html.entities import html5
from typing import Any

from aggregator.errors import SourceError
from aggregator.model import Document
from aggregator.read import answers
from aggregator.text import clean

_BINARY = (b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_NUMBERED = re.compile(r"&#(?:([0-9]{1,7})|[xX]([0-9a-fA-F]{1,6}));")
_STRAY = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);|#[0-9]{1,7};|#x[0-9a-fA-F]{1,6};)(?:([a-zA-Z][a-zA-Z0-9]{1,31};))?"
)
# Possessive, since comments could otherwise be divided in very many ways.
_PAGE = re.compile(
    r"(?:<\?xml[^>]*\?>)?+(?:\s++|(?><!--.*?-->))*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)


def text_of(document: Document, code: str) -> str:
    """The text of a document. Raises SourceError `empty`, or `code` for a file that is no text."""
    if document.body.startswith(_BINARY):
        raise SourceError(code, "a file that is not text; check the address")
    return answers.text_of(document)


def is_page(text: str) -> bool:
    """Whether a text is an HTML page."""
    return _PAGE.match(text[:2_000]) is not None


def json_of(text: str, code: str) -> Any:
    """The JSON value of a text. Raises SourceError `code` for what never was any, `unreadable` for broken JSON."""
    if text[:1] not in ("{", "["):
        raise SourceError(code, f"{answers.seen_as(text)} where data was expected; open the address in a browser")
    return answers.json_of(text)


def xml_of(text: str, code: str) -> ElementTree.Element:
    """The root of an XML text. Raises SourceError: `code` (a page, or no XML), `entity-bomb`,
    `unreadable`. It may be nested as deep as it likes: go to its elements by their paths."""
    if is_page(text) or not text.startswith("<"):
        raise SourceError(code, f"{answers.seen_as(text)} where data was expected; open the address in a browser")
    if "<!ENTITY" in text:
        raise SourceError("entity-bomb", "it declares entities of its own, which no such document needs")
    declared = _DECLARATION.match(text)  # of bytes that are a text by now
    text = clean(_NUMBERED.sub(_allowed, text[declared.end() if declared else 0 :]))
    try:
        return _parsed(text)
    except ElementTree.ParseError:
        return _mended(text)


def local(element: ElementTree.Element) -> str:
    """The name of an element without its namespace, which servers get wrong."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 (what declares entities was refused)


def _mended(text: str) -> ElementTree.Element:
    try:
        return _parsed(_STRAY.sub(_as_character, text))
    except ElementTree.ParseError as error:
        raise SourceError("unreadable", f"broken XML: {error}") from error


def _allowed(reference: re.Match[str]) -> str:
    number = int(reference[1]) if reference[1] else int(reference[2], 16)
    good = number in (9, 10, 13) or 32 <= number <= 0xD7FF or 0xE000 <= number <= 0x10FFFF
    return reference[0] if good and number not in (0xFFFE, 0xFFFF) else ""


def _as_character(found: re.Match[str]) -> str:
    name = found[1] or ""
    return html5[name] if name in html5 else "&amp;" + name
