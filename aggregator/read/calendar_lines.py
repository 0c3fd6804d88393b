"""iCalendar as lines: components and their properties as written (RFC 5545, 3.1 and 3.4), read leniently.

Real calendars are cut off, quote wrongly, break lines without folding them and leave components open. Whatever has
a name and a value is kept; what has neither is the rest of the text before it.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from aggregator.errors import SourceError
from aggregator.model import Document
from aggregator.read.encoding import decoded

_FOLD = re.compile(rb"(?:\r\n|\n|\r)[ \t]")  # before decoding: a fold may cut a character in two
_WIDE_FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")
_LINE_END = re.compile(r"\r\n|\n|\r")
_BEGIN = re.compile(r"^\s*BEGIN:VCALENDAR\s*$", re.I | re.M)
_NAME = re.compile(r"([A-Za-z0-9-]{1,60})(?=[;:])")
_PARAM = re.compile(r';\s*([A-Za-z0-9-]+)\s*=\s*("[^"]*"|[^;]*)')
_ESCAPE = re.compile(r"\\([\\;,:\"nN])")
_COMMA = re.compile(r"(?<!\\),")
_TEXTS = frozenset({"SUMMARY", "DESCRIPTION", "LOCATION", "X-ALT-DESC", "X-WR-CALDESC"})
_BY_ITSELF = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VTIMEZONE", "VFREEBUSY"})  # none of them holds another
_DEEPEST = 20
_LONGEST_HEAD = 10_000


@dataclass(slots=True)
class Property:
    """One content line. `value` is as written but for quoted-printable, which is decoded."""

    name: str
    value: str
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The value as TEXT (RFC 5545, 3.3.11): escapes resolved, line breaks as such."""
        return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)

    @property
    def texts(self) -> list[str]:
        """The value as a list of TEXT, separated by commas that are not escaped."""
        return [Property(self.name, part).text for part in _COMMA.split(self.value)]


@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END: its properties in order, and the components within it."""

    name: str
    properties: list[Property] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def first(self, name: str) -> Property | None:
        """The first property of that name that has a value."""
        return next((one for one in self.properties if one.name == name and one.value.strip()), None)

    def all(self, name: str) -> list[Property]:
        """Every property of that name, in order."""
        return [one for one in self.properties if one.name == name]

    def text(self, name: str) -> str:
        """The first value of that name as TEXT, or an empty text."""
        found = self.first(name)
        return found.text if found else ""

    def number(self, name: str) -> int:
        """The first value of that name as a number from 0 to nine digits; 0 for what is none."""
        text = self.text(name).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def within(self, name: str) -> Iterator[Component]:
        """The components of that name directly in this one, in order."""
        return (one for one in self.children if one.name == name)


def calendars(document: Document) -> list[Component]:
    """The VCALENDARs of a document, in order; one that is cut off ends where the document does.

    Raises SourceError: `empty`, `not-a-calendar` (saying what it looks like), `too-deep`.
    """
    text = _text(document)
    start = _BEGIN.search(text)
    if start is None:
        raise SourceError("not-a-calendar", _looks_like(text))
    found: list[Component] = []
    stack: list[Component] = []
    for line in _properties(text[start.start() :]):
        name = line.value.strip().upper()
        if line.name == "BEGIN":
            _open(name, stack, found)
        elif line.name == "END":
            _close(name, stack)
        elif stack:
            stack[-1].properties.append(line)
    return found


def _text(document: Document) -> str:
    """The document as text, unfolded."""
    wide = b"\x00" in document.body[:4]
    body = document.body if wide else _FOLD.sub(b"", document.body)
    text = decoded(body, document.content_type).lstrip("\ufeff \t\r\n\x00")
    if not text:
        raise SourceError("empty", "there is nothing in it")
    text = _WIDE_FOLD.sub("", text) if wide else text
    if text[0] == "<":  # a page that shows a calendar is a page
        raise SourceError("not-a-calendar", _looks_like(text))
    return text


def _looks_like(text: str) -> str:
    head = text[:2000].lower()
    if "<rss" in head or "<feed" in head or "<rdf:rdf" in head:
        return "a feed; use kind feed"
    if "<!doctype html" in head or "<html" in head:
        return "an HTML page"
    if text[0] == "<":
        return "an XML or HTML document"
    if text[0] in "{[":
        return "a JSON document"
    if head.startswith(("begin:vcard", "begin:vevent", "begin:vtodo")):
        return f"a file that starts with {text[:12].strip()}; a calendar starts with BEGIN:VCALENDAR"
    return "no line says BEGIN:VCALENDAR"


def _open(name: str, stack: list[Component], found: list[Component]) -> None:
    if name == "VCALENDAR":
        stack.clear()
    elif name in _BY_ITSELF:  # what was left open ends here
        _close_any(_BY_ITSELF, stack)
    if len(stack) >= _DEEPEST:
        raise SourceError("too-deep", f"components are nested more than {_DEEPEST} deep")
    opened = Component(name)
    if stack:
        stack[-1].children.append(opened)
    elif name == "VCALENDAR":
        found.append(opened)
    elif found:  # after END:VCALENDAR, by mistake
        found[-1].children.append(opened)
    stack.append(opened)


def _close_any(names: Iterable[str], stack: list[Component]) -> None:
    for name in [one.name for one in stack if one.name in names]:
        _close(name, stack)


def _close(name: str, stack: list[Component]) -> None:
    """End a component and what is still open in it; an END without BEGIN ends nothing."""
    at = next((at for at in range(len(stack) - 1, -1, -1) if stack[at].name == name), None)
    if at is not None:
        del stack[at:]


def _properties(text: str) -> Iterator[Property]:
    """The content lines. A line that is none continues the text before it: somebody forgot to escape a break."""
    held: Property | None = None
    for line in _joined(_LINE_END.split(text)):
        found = _property(line)
        if found is not None:
            if held is not None:
                yield held
            held = found
        elif held is not None and held.name in _TEXTS and line.strip():
            held.value += "\\n" + line.strip()
    if held is not None:
        yield held


def _joined(lines: list[str]) -> Iterator[str]:
    """Lines, with those of quoted-printable values (vCalendar 1.0) joined where they end in `=`."""
    waiting = ""
    for line in lines:
        line = waiting + line
        head = line[:200].upper()
        if line.endswith("=") and "QUOTED-PRINTABLE" in head.partition(":")[0] and len(line) < 1_000_000:
            waiting = line[:-1]
        else:
            waiting = ""
            yield line
    if waiting:
        yield waiting


def _property(line: str) -> Property | None:
    line = line.lstrip()
    named = _NAME.match(line)
    if named is None or ":" not in line:
        return None
    head, value = _halves(line, named.end())
    params = {name.upper(): _param(text) for name, text in _PARAM.findall(head)}
    if params.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        value = _from_quoted_printable(value, params.get("CHARSET"))
    return Property(named[1].upper(), value, params)


def _halves(line: str, start: int) -> tuple[str, str]:
    """(parameters, value): parted by the first colon that is not in quotes; by the first one at all, without the
    quotes, where they don't match up."""
    at = start
    while (colon := line.find(":", at)) >= 0:
        quotes = line.count('"', start, colon)
        if quotes % 2 == 0:
            return line[start:colon], line[colon + 1 :]
        closing = line.find('"', colon)
        if closing < 0 or colon - start > _LONGEST_HEAD:
            break
        at = closing + 1
    head, _, value = line[start:].partition(":")
    return head.replace('"', ""), value.rstrip().rstrip('"')


def _from_quoted_printable(value: str, charset: str | None) -> str:
    raw = quopri.decodestring(value.encode("utf-8"))
    text = decoded(raw, f"text/plain; charset={charset}" if charset else None)
    return text.replace("\r\n", "\\n").replace("\n", "\\n")


def _param(text: str) -> str:
    """A parameter's value, without its quotes and with RFC 6868 resolved."""
    text = text.strip().strip('"').strip()
    return text.replace("^n", " ").replace("^'", '"').replace("^^", "^") if "^" in text else text
