"""Elements of XHTML within a feed, written as HTML in the way of feedparser."""

from __future__ import annotations

from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from aggregator.read.strict_names import Doubt, Names
from aggregator.read.strict_text import attributes

_DEEPEST = 100


def html_of(element: Element, names: Names, *, in_div: bool) -> str:
    """The HTML in an element. in_div: one div around all of it is no part of it (RFC 4287, 3.1.1.3)."""
    pieces = [escape(element.text or "")]
    for child in element:
        _write(child, names, pieces)
    while len(pieces) > 1 and not pieces[-1].strip():
        pieces.pop()
    skipped = 0
    while len(pieces) > skipped + 1 and not pieces[skipped].strip():
        skipped += 1
    pieces = pieces[skipped:]
    if in_div and _in_one_div(pieces):
        pieces = pieces[1:-1]
    return "".join(pieces).strip()


def _write(element: Element, names: Names, pieces: list[str], level: int = 0) -> None:
    prefix, _, name = names[element.tag].partition("_")
    if prefix != "xhtml" or name in ("body", "svg", "math") or level > _DEEPEST:
        raise Doubt("a text with other elements than those of XHTML")
    said = "".join(f' {key}="{_quoted(value)}"' for key, value in attributes(element).items())
    pieces.append(f"<{name}{said}>")
    if element.text:
        pieces.append(escape(element.text))
    for child in element:
        _write(child, names, pieces, level + 1)
    pieces.append(f"</{name}>")
    if element.tail:
        pieces.append(escape(element.tail))


def _quoted(value: str) -> str:
    return escape(value, {'"': "&quot;"})


def _in_one_div(pieces: list[str]) -> bool:
    """Whether the first piece opens a div which the last one closes, and none before."""
    if not (pieces[0] == "<div>" or pieces[0].startswith("<div ")) or pieces[-1] != "</div>":
        return False
    level = 0
    for piece in pieces[:-1]:
        if piece.startswith("</"):
            level -= 1
            if level == 0:
                return False
        elif piece.startswith("<") and not piece.endswith("/>"):
            level += 1
    return True
