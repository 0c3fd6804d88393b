"""The outlines of an OPML 2.0 file that name feeds, as they are written.

Reading forgives what real files get wrong (a bare `&`, HTML entities, control characters, other encodings), and
refuses document types, so that no entity can grow or fetch anything. What can't be used is named with its line.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from aggregator.errors import Problem

DEEPEST = 50
OURS = "aggregator"  # prefix of the attributes that this program adds
ROUNDS = 100  # broken outlines that are set aside before the file is given up
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_AMPERSAND = re.compile(r"&(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)?")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_IN_ONE_TAG = ("not well-formed (invalid token)", "duplicate attribute")
_OURS = frozenset({"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in an OPML file: address, title (or else text), the folders it lies in, its line, its text.
    `filled`: a folder that some program fills by itself; its address leads nowhere. `kind` and `options` (JSON):
    what this program writes of sources that are no feeds. `times`: how often the file names it."""

    url: str
    title: str = ""
    folders: tuple[str, ...] = ()
    line: int = 0
    text: str = ""
    filled: bool = False
    kind: str = ""
    options: str = ""
    language: str = ""
    times: int = field(default=1, compare=False)


@dataclass
class Found:
    """What is in an OPML file: its title, its feeds in order, also those that are there twice, and what is wrong.
    `is_opml`: whether it has an <opml> or <outline> element at all."""

    file: str
    title: str = ""
    outlines: list[Outline] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_opml: bool = False
    open: list[str] = field(default_factory=list)
    reading_title: bool = False

    def problem(self, line: int | None, what: str, remedy: str) -> None:
        """Note a mistake."""
        self.problems.append(Problem(self.file, line, what, remedy))

    def doctype(self, *_: object) -> None:
        """Refuse a document type."""
        raise _Stop("the file declares a document type", "remove the line that begins with <!DOCTYPE")

    def start(self, line: int, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if len(self.open) >= DEEPEST:
            raise _Stop(f"elements lie more than {DEEPEST} deep", "write it flatter")
        said = {key.lower(): " ".join(value.split()) for key, value in attributes.items()}
        title = html.unescape(said.get("title") or said.get("text") or "")
        kind = name.lower()
        self.is_opml = self.is_opml or kind in ("opml", "outline")
        self.reading_title = kind == "title" and not self.title
        self.open.append(title if kind == "outline" else "")
        if kind == "outline":
            self._outline(line, title, said)

    def end(self, _: str) -> None:
        """An element ends."""
        self.open.pop()
        self.reading_title = False

    def data(self, text: str) -> None:
        """Text between tags: only the file's own title is of use."""
        if self.reading_title and len(self.title) < 500:
            self.title += text

    def _outline(self, line: int, title: str, said: Mapping[str, str]) -> None:
        written = said.get("xmlurl", "")
        kind, ours = said.get("type", "").lower(), said.get(f"{OURS}:kind", "")
        if not written and ours:
            written = said.get("url", "")
        if not written and kind in ("rss", "atom", "feed"):
            # Some programs write feeds with `url`; `link` and `include` point to pages and other lists.
            written = said.get("url", "")
            if not written and not said.get("htmlurl"):
                return  # a folder that was given the type of its children
            if not written:
                remedy = f"have its feed found: aggregator sources add {said['htmlurl']}"
                self.problem(line, f"'{title}' has no xmlUrl", remedy)
                return
        if not written:
            return  # a folder
        categories = [part for path in said.get("category", "").split(",") for part in path.split("/")]
        folders = tuple(name for name in (*self.open[:-1], *categories) if name.strip())
        text = html.unescape(said.get("text") or said.get("title") or "")
        self.outlines.append(
            Outline(
                written, title, folders, line, text, kind == "vfolder",
                kind=ours.lower(), options=said.get(f"{OURS}:options", ""), language=said.get("language", ""),
            )
        )  # fmt: skip


def outlines(content: bytes, file: str) -> Found:
    """The feeds of an OPML file and every problem with it, by line.

    An outline that is no proper XML costs itself; where the file breaks off, what came before it counts.
    """
    text, broken = _mended(content).encode("utf-8"), list[Problem]()
    found = Found(file)
    for _ in range(ROUNDS):
        found = Found(file, problems=list(broken))
        place = _run(found, text)
        if place is None:
            break
        # One broken outline costs itself: it is set aside and the rest is read again.
        start, end = _around(text, place)
        if start < 0:
            break
        broken.append(found.problems[-1])
        text = text[:start] + b"\n" * text.count(b"\n", start, end) + text[end:]
    found.problems.sort(key=lambda problem: problem.line or 0)
    return found


def _run(found: Found, text: bytes) -> int | None:
    """Read the text to its end, or to where it breaks: then a problem, and the offset when it may be mended."""
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, attributes: found.start(parser.CurrentLineNumber, name, attributes)
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.data
    parser.StartDoctypeDeclHandler = found.doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        mendable = said in _IN_ONE_TAG
        remedy = 'write < in an attribute as &lt; and " as &quot;' if mendable else "what follows was not read"
        found.problem(error.lineno, f"the XML is broken here: {said}", remedy)
        return parser.ErrorByteIndex if mendable else None
    except _Stop as stop:
        found.problem(parser.CurrentLineNumber, stop.what, stop.remedy)
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


def _mended(content: bytes) -> str:
    """The text of a file with what XML forbids put right, every line where it was."""
    text = _text(content)
    before = text[: max(0, text.find("<"))]  # stray text above the first element
    text = _DECLARATION.sub(lambda match: "\n" * match[0].count("\n"), text[len(before) :], count=1)
    text = "\n" * before.count("\n") + text
    return _AMPERSAND.sub(_entity, FORBIDDEN.sub(" ", text))


def _entity(match: re.Match[str]) -> str:
    written = match[0]
    if written in _OURS:
        return written
    meant = html.unescape(written)
    if written == "&" or meant == written or FORBIDDEN.search(meant):
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
