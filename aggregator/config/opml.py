"""OPML 2.0 in and out: the form in which feed readers hand each other their subscriptions.

Reading forgives what real files get wrong (a bare `&`, HTML entities, control characters, other encodings), and
refuses document types, so that no entity can grow or fetch anything. What can't be used is named with its line.
"""

from __future__ import annotations

import codecs
import html
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from xml.parsers import expat

from aggregator.config.addresses import fault, password_in_clear, same_place
from aggregator.errors import Problem
from aggregator.model import Source, Topic

DEEPEST = 50
ROUNDS = 100  # broken outlines that are set aside before the file is given up
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_AMPERSAND = re.compile(r"&(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)?")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_IN_ONE_TAG = ("not well-formed (invalid token)", "duplicate attribute")
_OURS = frozenset({"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in an OPML file: address, title, the folders it lies in, and its line."""

    url: str
    title: str = ""
    folders: tuple[str, ...] = ()
    line: int = 0


def parse(content: bytes, file: str) -> tuple[list[Outline], list[Problem]]:
    """The feeds of an OPML file, each address once (folders of all its places together), and every problem.

    An outline that is no proper XML costs itself; where the file breaks off, what came before it counts.
    """
    text, broken = _mended(content).encode("utf-8"), list[Problem]()
    for _ in range(ROUNDS):
        reading = _Reading(file, problems=list(broken))
        place = _run(reading, text)
        if place is None:
            break
        # One broken outline costs itself: it is set aside and the rest is read again.
        start, end = _around(text, place)
        if start < 0:
            break
        broken.append(reading.problems[-1])
        text = text[:start] + b"\n" * text.count(b"\n", start, end) + text[end:]
    reading.problems.sort(key=lambda problem: problem.line or 0)
    if not reading.found and not reading.problems:
        reading.problem(None, "there are no feeds in it", "is it an OPML file? Feeds are <outline xmlUrl=…>")
    return _each_once(reading.found), reading.problems


def about(outline: Outline, topics: Iterable[Topic]) -> tuple[str, ...]:
    """The topics whose id or label one of the folders has."""
    names = {_folded(name): topic.id for topic in topics for name in (topic.label, topic.id)}
    return tuple(dict.fromkeys(names[_folded(name)] for name in outline.folders if _folded(name) in names))


def write(sources: Iterable[Source], topics: Mapping[str, Topic], titles: Mapping[str, str]) -> str:
    """OPML 2.0 of these sources, in one folder for each source's first topic. `titles`: what readers see."""
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "Sources"
    body = ElementTree.SubElement(root, "body")
    folders: dict[str, list[Source]] = {}
    for source in sources:
        first = next((topic for topic in (*source.topics, *source.about) if topic in topics), "")
        folders.setdefault(topics[first].label if first else "", []).append(source)
    for label in sorted(folders, key=lambda name: (not name, name.casefold())):
        parent = ElementTree.SubElement(body, "outline", text=_sound(label)) if label else body
        for source in folders[label]:
            title = _sound(titles.get(source.id) or source.title or source.id)
            extra = {"language": source.language} if source.language else {}
            named = {"text": title, "title": title, "type": "rss", "xmlUrl": source.url, **extra}
            ElementTree.SubElement(parent, "outline", named)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


# -------------------------------------------------------------------------------------------------------- reading
def _run(reading: _Reading, text: bytes) -> int | None:
    """Read the text to its end, or to where it breaks: then a problem, and the offset when it may be mended."""
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, attributes: reading.start(parser.CurrentLineNumber, name, attributes)
    parser.EndElementHandler = reading.end
    parser.StartDoctypeDeclHandler = reading.doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        mendable = said in _IN_ONE_TAG
        remedy = 'write < in an attribute as &lt; and " as &quot;' if mendable else "what follows was not read"
        reading.problem(error.lineno, f"the XML is broken here: {said}", remedy)
        return parser.ErrorByteIndex if mendable else None
    except _Stop as stop:
        reading.problem(parser.CurrentLineNumber, stop.what, stop.remedy)
    return None


def _around(text: bytes, place: int) -> tuple[int, int]:
    """Where the broken outline begins, and where the next element begins; (-1, …) if it is in none."""
    start = text.rfind(b"<outline", 0, place + 1)
    ends = [at for mark in (b"<outline", b"</outline", b"</body") if (at := text.find(mark, place + 1)) >= 0]
    return start, min(ends, default=len(text))


class _Stop(Exception):
    """The file can't be read on."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(what)


@dataclass
class _Reading:
    """An OPML file while it is read: the folders that are open, and what was found."""

    file: str
    found: list[Outline] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def problem(self, line: int | None, what: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, line, what, remedy))

    def doctype(self, *_: object) -> None:
        raise _Stop("the file declares a document type", "remove the line that begins with <!DOCTYPE")

    def start(self, line: int, name: str, attributes: Mapping[str, str]) -> None:
        if len(self.open) >= DEEPEST:
            raise _Stop(f"elements lie more than {DEEPEST} deep", "write it flatter")
        said = {key.lower(): " ".join(value.split()) for key, value in attributes.items()}
        title = html.unescape(said.get("title") or said.get("text") or "")
        self.open.append(title if name.lower() == "outline" else "")
        if name.lower() == "outline":
            self._outline(line, title, said)

    def end(self, _: str) -> None:
        self.open.pop()

    def _outline(self, line: int, title: str, said: Mapping[str, str]) -> None:
        written = said.get("xmlurl", "")
        kind = said.get("type", "").lower()
        if not written and kind in ("rss", "atom", "feed"):
            # Some programs write feeds with `url`; `link` and `include` point to pages and other lists.
            written = said.get("url", "")
            if not written and not said.get("htmlurl"):
                return  # a folder that was given the type of its children
            if not written:
                self.problem(line, f"'{title}' has no xmlUrl", f"find the feed of {said['htmlurl']} and add it")
                return
        if not written or kind == "vfolder":
            return  # a folder, or one that a program fills by itself
        url = _web(written)
        wrong = password_in_clear(url) or fault(url, url)
        if "${" in url:
            wrong = "'${' in an address has a special meaning here", "write it as $%7B"
        if wrong:
            shown = f"'{title}': " if title else ""
            self.problem(line, f"{shown}{wrong[0]}", wrong[1])
            return
        categories = [part for path in said.get("category", "").split(",") for part in path.split("/")]
        folders = (*self.open[:-1], *categories)
        self.found.append(Outline(url, title, tuple(name for name in folders if name.strip()), line))


def _web(url: str) -> str:
    """`feed:` addresses as what they stand for."""
    bare = re.sub(r"^feed:(//)?", "", url, flags=re.IGNORECASE)
    return url if bare == url else bare if re.match(r"https?://", bare, re.IGNORECASE) else f"http://{bare}"


def _each_once(found: Iterable[Outline]) -> list[Outline]:
    once: dict[str, Outline] = {}
    for outline in found:
        first = once.setdefault(same_place(outline.url), outline)
        if first is not outline:
            folders = tuple(dict.fromkeys(first.folders + outline.folders))
            once[same_place(outline.url)] = replace(first, folders=folders, title=first.title or outline.title)
    return list(once.values())


def _mended(content: bytes) -> str:
    """The text of a file with what XML forbids put right, every line where it was."""
    text = _text(content)
    before = text[: max(0, text.find("<"))]  # stray text above the first element
    text = _DECLARATION.sub(lambda match: "\n" * match[0].count("\n"), text[len(before) :], count=1)
    text = "\n" * before.count("\n") + text
    return _AMPERSAND.sub(_entity, _FORBIDDEN.sub(" ", text))


def _entity(match: re.Match[str]) -> str:
    written = match[0]
    if written in _OURS:
        return written
    meant = html.unescape(written)
    if written == "&" or meant == written or _FORBIDDEN.search(meant):
        return "&amp;" + written[1:]
    return "".join(f"&#{ord(char)};" for char in meant)


def _text(content: bytes) -> str:
    """UTF-8 or UTF-16 by their marks, else what the declaration says, else UTF-8 or what Windows wrote."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    declared = _DECLARED.match(content[:300])
    for encoding in (declared[1].decode() if declared else "utf-8", "utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("utf-8", "replace")


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.strip().casefold())


def _sound(text: str) -> str:
    return _FORBIDDEN.sub(" ", text)
