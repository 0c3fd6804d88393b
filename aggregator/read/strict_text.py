"""Texts, attributes and people of well-formed feeds, trimmed and mended as feedparser does it."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from aggregator.read.strict_names import PREFIXES, Doubt, Names
from aggregator.urls import is_plain

_XML = "{http://www.w3.org/XML/1998/namespace}"
_DEEPEST = 50
_C1 = re.compile(rb"\xc2[\x80-\x9f]")  # as UTF-8: bytes that begin alike are found ten times quicker
_TO_BE_MENDED = re.compile(rb"\xc2(?:[\x80-\x9f]|(?<=\xc3[\x82-\xb4]\xc2)[\x80-\xbf])")  # C1, or encoded twice
# From 128 to 255. What is rare in a feed comes first in these patterns: that is how they find it quickly.
_BY_NUMBER = re.compile(rb"#(?<=&#)(?:1[2-9]\d|2\d\d|[xX]0*[89a-fA-F][0-9a-fA-F]);")
_MAY_SAY = re.compile(rb"=(?<=[gGeE\s]=)(?<=(?:[lL]ang|LANG|[bB]ase|BASE|...\s)=)", re.S)
_XHTML = "{http://www.w3.org/1999/xhtml"
_PRINTED = {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}
_SLASHES = re.compile(r"([A-Za-z][A-Za-z0-9+-.]*://)/+")
_STRAY_REFERENCE = re.compile(r"&([A-Za-z0-9_]+);")
_SAYING = frozenset("base Base BASE lang Lang LANG".split())
_PATH = re.compile(r"/[\w./?=&%-]*", re.A)
_HTML = ("html", "text/html", "xhtml", "application/xhtml+xml")


def mend(root: Element, body: bytes) -> None:
    """Mend every text of a document as `mended` does, if there is anything in its bytes (UTF-8) to be mended.

    Texts of XHTML are left: they are mended as a whole. So are the parts of a person, as feedparser does it.
    """
    if not (_TO_BE_MENDED.search(body) or _BY_NUMBER.search(body)):
        return
    for element in root.iter():
        text, (space, _, name) = element.text, element.tag.rpartition("}")
        if text and not text.isascii() and space != _XHTML and name not in _PARTS:
            element.text = mended(text.strip())
            if element.text != element.text.strip():
                raise Doubt("a blank that was encoded twice")


def mended(text: str) -> str:
    """UTF-8 that was taken for Latin-1 and encoded once more, and C1 controls that were meant as Windows-1252."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return text.translate(_PRINTED) if _C1.search(text.encode("utf-8")) else text


def text_of(element: Element) -> str:
    """The text of an element that has no others in it."""
    if len(element):
        raise Doubt("elements in a text")
    text = element.text
    return text.strip() if text else ""


def address_of(element: Element, base: str) -> str:
    """The text of an element as an address seen from `base`."""
    text = text_of(element)
    return resolved(base, text) if text and (base or ":///" in text) else text


def resolved(base: str, address: str) -> str:
    """An address as seen from a base; itself where that is empty."""
    address = _SLASHES.sub(r"\1", address) if ":///" in address else address
    if not base or is_plain(address):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def attributes(element: Element) -> dict[str, str]:
    """Attributes by their name in lower case; those of a namespace as `xml:lang`, or `:name` of any other one."""
    found = dict(element.items())
    if not _ORDINARY.issuperset(found):
        names = "".join(found)
        if "{" in names or not names.islower():
            found = _renamed(found)
    if "type" in found:
        found["type"] = found["type"].lower()
    if "rel" in found:
        found["rel"] = found["rel"].lower()
    return found


def _renamed(written: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in written.items():
        if name[0] == "{":
            name = f"xml:{name[len(_XML) :]}" if name.startswith(_XML) else ":" + name.rpartition("}")[2]
        found[name.lower()] = value
    if any(name[0] == ":" and (name[1:] in found or name[1:] in _USED) for name in found):
        raise Doubt("an attribute of a namespace")
    return found


def is_permanent(element: Element) -> bool:
    """Whether a guid is an address: unless it says that it isn't."""
    if not element.keys():
        return True
    said = element.get("isPermaLink")
    return (attributes(element).get("ispermalink", "true") if said is None else said) == "true"


_USED = frozenset(
    "href url uri rel type term scheme domain label ispermalink base lang src mode lastmod text".split()
)
_ORDINARY = _USED | {"length", "title", "hreflang", "version"}


class Inherited:
    """The base address and the language that hold for each element, as its ancestors say (XML Base, RFC 4287).
    `body`: the document, in UTF-8."""

    def __init__(self, root: Element, body: bytes) -> None:
        self._found: dict[Element, tuple[str, str]] = {}
        self._base, self._own = "", ("", "")
        self.first_language = ""
        saying = [
            element
            for element in (root.iter() if _MAY_SAY.search(body) else ())
            for name in element.keys()  # noqa: SIM118 (no dictionary)
            if name[-4:] in _SAYING
        ]
        self.any = bool(saying)
        if self.any:
            self._visit(root, ("", ""), 0, any(element is not root for element in saying))
            self._own = self._found[root]
            self.first_language = self._own[1]

    def base(self, element: Element) -> str:
        return self._found.get(element, self._own)[0] if self.any else ""

    def of(self, element: Element) -> dict[str, str]:
        """Both, as keys of a detail."""
        base, language = self._found.get(element, self._own)
        return {"base": base, "language": language}

    def _visit(self, element: Element, outer: tuple[str, str], level: int, inner: bool) -> None:
        """feedparser forgets to leave a base where the outer element has none: it holds for what follows."""
        base, language = self._base or outer[0], outer[1]
        if element.keys():
            said = attributes(element)
            if own := said.get("xml:base", said.get("base")):
                base = _rebased(base, own)
            language = said.get("xml:lang", said.get("lang", language)).replace("_", "-")
        self._base = base
        self._found[element] = (base, language)
        if level > _DEEPEST:
            raise Doubt("nested too deep")
        if inner:
            for child in element:
                self._visit(child, (base, language), level + 1, inner)
        self._base = outer[0] or self._base


def _rebased(base: str, own: str) -> str:
    """A base seen from another one, which stays where the new one is no address of the web."""
    found = resolved(base, own)
    if base and not found.startswith(("http://", "https://")):
        found = base
    if not found.isascii() or (not _PATH.fullmatch(found) and resolved(found, found) != found):
        raise Doubt("a base that is no plain address")
    if not found.startswith(("http://", "https://")) and not _PATH.fullmatch(found):
        raise Doubt("a base that is no plain address")
    return found


def linked(element: Element, base: str) -> tuple[dict[str, str], str | None]:
    """A link, and the address that it makes the page of its feed or entry, if it does."""
    if not element.keys():
        text = address_of(element, base)
        return {"rel": "alternate", "type": "text/html"}, _unescaped(text) if "&" in text else text
    said = attributes(element)
    link = {"rel": said.get("rel", "alternate")}
    link["type"] = said.get("type", "application/atom+xml" if link["rel"] == "self" else "text/html")
    address = said.get("url", said.get("uri", said.get("href"))) or said.get("href")
    if len(element):
        raise Doubt("elements in a link")
    if address is not None:
        link["href"] = resolved(base, address)
        return link, link["href"] if link["rel"] == "alternate" and link["type"] in _HTML else None
    return link, _unescaped(address_of(element, base))


def _unescaped(address: str) -> str:
    """feedparser takes the parameters of an address for references to entities, and back."""
    return _STRAY_REFERENCE.sub(r"&\1", address.replace("&amp;", "&"))


# ---------------------------------------------------------------------------------------------------- people
_MAIL = r"[a-zA-Z0-9_.+-]+@(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,4}"
_MAILED = re.compile(rf"{_MAIL}(?:\s*\((?P<after>[^()@<>]*)\))?|(?P<before>[^()@<>]*) <{_MAIL}>")
_MAIL_IN = re.compile(r"[a-zA-Z0-9_.+-]@(?:\[|[a-zA-Z0-9-]+\.)")
_PARTS = {"name": "name", "email": "email", "uri": "href", "url": "href", "homepage": "href"}


def people(element: Element, holder: dict[str, Any], names: Names) -> None:
    """Add a person to the `authors` of a feed or an entry."""
    person: dict[str, str] = {}
    holder.setdefault("authors", []).append(person)
    if len(element):
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            raise Doubt("text between the parts of an author")
        _in_parts(element, person, bool(holder.get("author")), names)
        holder["author"] = person.get("name") or person.get("email") or ""
        return
    holder["author"] = author = text_of(element)
    if not _MAIL_IN.search(author):
        person["name"] = author
    elif found := _MAILED.fullmatch(author):
        person["name"] = (found["after"] or found["before"] or "").strip()
    else:
        raise Doubt("an address in an author")


def _in_parts(element: Element, person: dict[str, str], another: bool, names: Names) -> None:
    """Name, address and page of a person (RFC 4287, 3.2)."""
    for part in element:
        name = names[part.tag]
        if len(part) or (name not in _PARTS and name.partition("_")[0] in PREFIXES | {name}):
            raise Doubt(f"an author's {name}")
        if name in _PARTS:
            person[_PARTS[name]] = (part.text or "").strip()
    if another and not person.get("name"):  # feedparser gives it the name of the one before
        raise Doubt("an author without a name after another one")
